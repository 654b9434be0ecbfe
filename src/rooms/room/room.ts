import { canonicalJson } from '../../protocol/json/canonical-json.js';
import { isObjectText, membersOf, type JsonText } from '../../protocol/json/json.js';

/** Matches any value of its key; as canonical JSON. */
export const WILDCARD = '"*"';

/** A room: keys and values. Two are the same if they are equal as JSON, whatever the order of keys. */
export class Room {
  private constructor(
    /** As it was given. */
    readonly text: JsonText,
    /** The names of its keys, sorted: only rooms of the same keys can match. */
    readonly keys: readonly string[],
    /** The values, in the order of the keys, as canonical JSON. */
    readonly values: readonly string[],
  ) {}

  /** The same for the same room. */
  get id(): string {
    return JSON.stringify([this.keys, this.values]);
  }

  /** The same for rooms of the same keys. */
  get shape(): string {
    return JSON.stringify(this.keys);
  }

  /** @returns nothing for what is not a JSON object. */
  static parse(text: JsonText): Room | undefined {
    if (!isObjectText(text)) return undefined;
    const members = [...membersOf(text)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const keys = members.map(([key]) => key);
    return new Room(
      text,
      keys,
      members.map(([, value]) => canonicalJson(value)),
    );
  }
}
