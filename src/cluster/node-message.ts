import { isObject, toJsonText, valueOf } from '../protocol/json/json.js';
import { Publication } from '../protocol/publication.js';

/** A message of one node to the others. */
export type NodeMessage =
  | { readonly verb: 'here'; readonly node: string; readonly isNew: boolean }
  | { readonly verb: 'gone'; readonly node: string }
  | {
      readonly verb: 'ask';
      readonly node: string;
      readonly id: number;
      readonly about: string;
      readonly question: unknown;
    }
  | {
      readonly verb: 'answer';
      readonly node: string;
      readonly id: number;
      readonly answer?: unknown;
      /** Why there is none. */
      readonly error?: string;
    };

/**
 * A message as a publication on a channel of nodes. Within it is a JSON text: of the bounds of input, it takes one value,
 * however much is in it.
 */
export function nodePublication(message: NodeMessage, channel: string): Publication {
  return Publication.from(
    new Map([
      ['subscription', toJsonText(channel)],
      ['data', toJsonText(JSON.stringify(message))],
    ]),
  );
}

/** The message in a publication; nothing when there is none, for whoever has access to the broker may write there. */
export function messageIn({ data }: Publication): NodeMessage | undefined {
  const text = valueOf(data);
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined; // not JSON, and so not from a node
  }
}

function isMessage(value: unknown): value is NodeMessage {
  if (!isObject(value) || typeof value.node !== 'string') return false;
  if (value.verb === 'gone') return true;
  if (value.verb === 'here') return typeof value.isNew === 'boolean';
  if (!Number.isSafeInteger(value.id)) return false;
  return value.verb === 'answer' || (value.verb === 'ask' && typeof value.about === 'string');
}
