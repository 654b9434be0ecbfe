import { canonicalJson } from '../protocol/json/canonical-json.js';
import {
  elementsOf,
  isListText,
  isObjectText,
  type JsonMembers,
  membersOf,
  toJsonText,
  type JsonText,
} from '../protocol/json/json.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { Publication } from '../protocol/publication.js';
import type { Member, PresenceChanges, PresenceNews } from './presence-book.js';

/**
 * News as a publication on their channel. Within it is a JSON text: of the bounds of input it takes one value, however much
 * is in it. The script that writes into Redis makes the same.
 */
export function newsPublication(channel: string, { number, count, changes }: PresenceNews): Publication {
  const lists = changes && `,"j":${membersText(changes.joined)},"l":[${changes.left.join()}]`;
  const text = `{"n":${number},"c":${count}${lists ?? ''}}`;
  return Publication.from(
    new Map([
      ['subscription', toJsonText(channel)],
      ['data', toJsonText(text)],
    ]),
  );
}

/** The news in a publication; nothing when there are none: whoever has access to the broker may write there. */
export function newsIn({ data }: Publication): PresenceNews | undefined {
  if (data[0] !== '"') return undefined;
  try {
    const { members } = JsonDocument.read(Buffer.from(JSON.parse(data) as string));
    return members && newsOf(members);
  } catch {
    return undefined; // not JSON, and so not from a book
  }
}

/** Members as a JSON list. */
export function membersText(members: readonly Member[]): JsonText {
  return `[${members.map(({ text }) => text).join()}]` as JsonText;
}

/** The members in a JSON list; those that are none are left out. */
export function membersIn(list: JsonText): Member[] {
  return elementsOf(list).flatMap((text) => {
    const key = isObjectText(text) ? membersOf(text).get('key') : undefined;
    return key === undefined ? [] : [{ key: canonicalJson(key), text }];
  });
}

function newsOf(members: JsonMembers): PresenceNews | undefined {
  const [number, count] = ['n', 'c'].map((name) => Number(members.get(name)));
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(count)) return undefined;
  return { number: number!, count: count!, changes: changesOf(members.get('j'), members.get('l')) };
}

function changesOf(joined: JsonText | undefined, left: JsonText | undefined): PresenceChanges | undefined {
  if (joined === undefined || left === undefined || !isListText(joined) || !isListText(left))
    return undefined;
  return { joined: membersIn(joined), left: elementsOf(left).map(canonicalJson) };
}
