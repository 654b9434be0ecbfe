import type { JsonText } from '../protocol/json/json.js';
import { firstNumber } from './memory.history.js';
import type { Member, PresenceChange, PresenceNews, PresencePage } from './presence-book.js';

interface Attendance {
  readonly connections: number;
  readonly text: JsonText;
}

/** The members present on one channel, in memory. The script that writes into Redis does the same. */
export class PresenceRoll {
  /** The number of the latest news. */
  latest = firstNumber();
  /** The keys of members, by connection. */
  private readonly keys = new Map<string, string>();
  private readonly members = new Map<string, Attendance>();

  get isEmpty(): boolean {
    return this.keys.size === 0;
  }

  /** @returns the news, if there are any. */
  write(changes: readonly PresenceChange[], max: number): PresenceNews | undefined {
    const before = new Map<string, JsonText | undefined>();
    for (const change of changes) this.apply(change, before);
    const joined: Member[] = [];
    const left: string[] = [];
    for (const [key, was] of before) {
      const text = this.members.get(key)?.text;
      if (text === was) continue;
      if (text === undefined) left.push(key);
      else joined.push({ key, text });
    }
    if (joined.length + left.length === 0) return undefined;
    const { size: count } = this.members;
    return { number: ++this.latest, count, changes: count > max ? undefined : { joined, left } };
  }

  page(max: number): PresencePage {
    const { latest: number, members } = this;
    const listed = members.size > max ? undefined : [...members].map(([key, { text }]) => ({ key, text }));
    return { number, count: members.size, members: listed };
  }

  /** All that would have to be written to have it elsewhere. */
  changes(): PresenceChange[] {
    return [...this.keys].map(([connection, key]) => ({
      connection,
      member: { key, text: this.members.get(key)!.text },
    }));
  }

  private apply({ connection, member }: PresenceChange, before: Map<string, JsonText | undefined>): void {
    const was = this.keys.get(connection);
    for (const key of [was, member?.key])
      if (key !== undefined && !before.has(key)) before.set(key, this.members.get(key)?.text);
    if (was !== undefined) this.remove(connection, was);
    if (member) this.add(connection, member);
  }

  private add(connection: string, { key, text }: Member): void {
    this.keys.set(connection, key);
    this.members.set(key, { connections: (this.members.get(key)?.connections ?? 0) + 1, text });
  }

  private remove(connection: string, key: string): void {
    this.keys.delete(connection);
    const { connections, text } = this.members.get(key)!;
    if (connections === 1) this.members.delete(key);
    else this.members.set(key, { connections: connections - 1, text });
  }
}
