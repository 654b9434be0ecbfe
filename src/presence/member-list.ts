import type { Member, PresenceChanges } from '../broker/presence-book.js';
import { membersText } from '../broker/presence-news.js';
import type { JsonText } from '../protocol/json/json.js';

/** The members, as this node knows them, and the changes since clients were told the last time. */
export class MemberList {
  /** Another one after each change. */
  version = 0;
  private readonly texts = new Map<string, JsonText>();
  /** The last that clients know of those that have changed. */
  private readonly before = new Map<string, JsonText | undefined>();
  private listText: JsonText | undefined;

  constructor(members: readonly Member[]) {
    for (const { key, text } of members) this.texts.set(key, text);
  }

  /** All of them, as a JSON list. */
  get text(): JsonText {
    return (this.listText ??= membersText([...this.texts].map(([key, text]) => ({ key, text }))));
  }

  apply({ joined, left }: PresenceChanges): void {
    for (const { key, text } of joined) this.change(key, text);
    for (const key of left) this.change(key, undefined);
  }

  /** Takes these for the members, whatever has led there. */
  become(members: readonly Member[]): void {
    const present = new Set(members.map(({ key }) => key));
    for (const key of this.texts.keys()) if (!present.has(key)) this.change(key, undefined);
    for (const { key, text } of members) this.change(key, text);
  }

  /** Takes the changes that clients have not been told. Nothing if there are none. */
  takeChanges(): PresenceChanges | undefined {
    const joined: Member[] = [];
    const left: string[] = [];
    for (const [key, was] of this.before) {
      const text = this.texts.get(key);
      if (text === was) continue;
      if (text === undefined) left.push(key);
      else joined.push({ key, text });
    }
    this.before.clear();
    return joined.length + left.length > 0 ? { joined, left } : undefined;
  }

  /** Whether {@link takeChanges} may give something. */
  get isChanged(): boolean {
    return this.before.size > 0;
  }

  private change(key: string, text: JsonText | undefined): void {
    const was = this.texts.get(key);
    if (was === text) return;
    if (!this.before.has(key)) this.before.set(key, was);
    if (text === undefined) this.texts.delete(key);
    else this.texts.set(key, text);
    this.listText = undefined;
    this.version++;
  }
}
