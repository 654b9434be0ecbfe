import type { Forgetful, KeptBytes } from '../connection/kept-bytes.js';
import { NO_KEY } from '../protocol/publication.js';

/** The estimated cost of a key besides its length: an entry in a map, and its value. */
const KEY_OVERHEAD_BYTES = 64;
/** So few are kept in the order in which they came: to keep them in that of their use would cost more. */
const FEW_KEYS = 64;

/** Limits of the memories of a subscription. */
export interface KeyLimits {
  /** The budget of the connection. */
  readonly kept: KeptBytes;
  readonly maxKeys: number;
}

/**
 * The values that a subscription remembers by the keys of publications, within a number of keys and the budget of its
 * connection. The least recently used one is forgotten first. Publications without a key have a place of their own,
 * which costs nothing.
 */
export class KeyMemory<V> implements Forgetful {
  private plain: V | undefined = undefined;
  private byKey: Map<string, V> | undefined = undefined;
  /** Goes through them from the oldest. It is kept, since a new one would have to pass all that was forgotten before. */
  private oldest: Iterator<[string, V]> | undefined = undefined;

  /** @param forgotten called with what had to be forgotten. */
  constructor(
    private readonly limits: KeyLimits,
    private readonly forgotten: (value: V) => void,
  ) {}

  get(key: string): V | undefined {
    return key === NO_KEY ? this.plain : this.byKey?.get(key);
  }

  /** Remembers something, in place of what was there before; or forgets it at once, if there is no room at all. */
  set(key: string, value: V): void {
    if (key === NO_KEY) this.plain = value;
    else if (this.byKey?.has(key) === true) this.replace(this.byKey, key, value);
    else if (this.makeRoom(key)) this.values.set(key, value);
    else this.forgotten(value);
  }

  /** See {@link Forgetful.forgetOldest}. */
  forgetOldest(): boolean {
    if (this.byKey === undefined || this.byKey.size === 0) return false;
    this.oldest ??= this.byKey.entries();
    const [key, value] = this.oldest.next().value as [string, V];
    this.byKey.delete(key);
    this.limits.kept.forget(bytesOf(key));
    this.forgotten(value);
    return true;
  }

  /** Everything that is remembered. */
  *all(): Iterable<V> {
    if (this.plain !== undefined) yield this.plain;
    yield* this.byKey?.values() ?? [];
  }

  /** Ends it, and gives all back. */
  clear(): void {
    this.plain = undefined;
    for (const key of this.byKey?.keys() ?? []) this.limits.kept.forget(bytesOf(key));
    this.byKey = undefined;
    this.oldest = undefined;
    this.limits.kept.remove(this);
  }

  private get values(): Map<string, V> {
    return (this.byKey ??= new Map());
  }

  private replace(values: Map<string, V>, key: string, value: V): void {
    if (values.size > FEW_KEYS) values.delete(key);
    values.set(key, value);
  }

  private makeRoom(key: string): boolean {
    const { kept, maxKeys } = this.limits;
    if (this.values.size >= maxKeys) this.forgetOldest();
    while (!kept.remember(bytesOf(key), this)) if (!this.forgetOldest()) return false;
    return true;
  }
}

function bytesOf(key: string): number {
  return key.length + KEY_OVERHEAD_BYTES;
}
