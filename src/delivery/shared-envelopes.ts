/** Envelopes by a key that is equal where one envelope can serve, for as long as they are in use. */
export class SharedEnvelopes<E> {
  private readonly byKey = new Map<string, { readonly envelope: E; uses: number }>();

  /** The envelope of the key, made if none is in use. */
  acquire(key: string, make: () => E): E {
    let shared = this.byKey.get(key);
    if (!shared) {
      shared = { envelope: make(), uses: 0 };
      this.byKey.set(key, shared);
    }
    shared.uses++;
    return shared.envelope;
  }

  release(key: string): void {
    const shared = this.byKey.get(key);
    if (shared && --shared.uses === 0) this.byKey.delete(key);
  }
}
