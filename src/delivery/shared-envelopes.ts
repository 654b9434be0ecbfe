/** An envelope, and the number of those that use it. */
interface Shared<E> {
  readonly key: string;
  readonly envelope: E;
  uses: number;
}

/** Envelopes by a key that is equal where one envelope can serve, for as long as they are in use. */
export class SharedEnvelopes<E> {
  /** Most have one envelope, and a map takes 250 bytes. */
  private only: Shared<E> | undefined = undefined;
  private others: Map<string, Shared<E>> | undefined = undefined;

  /** The envelope of the key, made if none is in use. */
  acquire(key: string, make: () => E): E {
    const shared = this.find(key) ?? this.add({ key, envelope: make(), uses: 0 });
    shared.uses++;
    return shared.envelope;
  }

  release(key: string): void {
    const shared = this.find(key);
    if (!shared || --shared.uses > 0) return;
    if (shared === this.only) this.only = undefined;
    else this.others?.delete(key);
  }

  private find(key: string): Shared<E> | undefined {
    return this.only?.key === key ? this.only : this.others?.get(key);
  }

  private add(shared: Shared<E>): Shared<E> {
    if (this.only) (this.others ??= new Map()).set(shared.key, shared);
    else this.only = shared;
    return shared;
  }
}
