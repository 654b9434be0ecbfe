import { objects, texts } from '../kinds/collection.kind.js';
import { type Disagreement, Rule, Setting } from '../kinds/setting.decorator.js';
import { API_KEY, SERVICE_NAME, wordOf } from '../kinds/text-format.js';
import { text } from '../kinds/text.kind.js';

/** The purposes of a key. */
export const KEY_OPERATIONS = [
  'publish',
  'trigger',
  'history',
  'presence',
  'connections',
  'disconnect',
  'unsubscribe',
  'revoke',
] as const;
export type KeyOperation = (typeof KEY_OPERATIONS)[number];

/** Stands for those that only read. */
const READ = 'read';
const READING: readonly KeyOperation[] = ['history', 'presence', 'connections'];
/** Those that are about topics or rooms: the others are about clients, whatever they are subscribed to. */
const PLACED: readonly KeyOperation[] = ['publish', 'trigger', 'history', 'presence'];

/** A key of one service, and how far it goes. */
@Rule(clientsAreUnlimited)
export class ApiKeySettings {
  @Setting({
    kind: text(API_KEY),
    secret: true,
    about: 'The key, or `sha256:` and its hash in hexadecimal: `kittiwake key` makes both.',
  })
  readonly key!: string;

  @Setting({
    kind: texts(wordOf([...KEY_OPERATIONS, READ]), { isFilled: true }),
    optional: true,
    about:
      'What it is for: `publish`, `trigger`, `history`, `presence`, `connections`, `disconnect`, `unsubscribe`, `revoke`; `read` is `history`, `presence` and `connections`. Without it, everything; with `services` or `rooms`, the first four.',
  })
  readonly may?: readonly string[];

  @Setting({
    kind: texts(SERVICE_NAME),
    optional: true,
    about: 'The services whose topics it is for. Without it all, or none where there are `rooms`.',
  })
  readonly services?: readonly string[];

  @Setting({
    kind: objects(),
    optional: true,
    about:
      'The rooms that it is for; `*` covers any value of its key, as in the answer of the app. Without it all, or none where there are `services`.',
  })
  readonly rooms?: readonly Readonly<Record<string, unknown>>[];
}

/** The operations that a key is for. */
export function operationsOf({ may, services, rooms }: Omit<ApiKeySettings, 'key'>): ReadonlySet<string> {
  if (!may) return new Set(services || rooms ? PLACED : KEY_OPERATIONS);
  return new Set(
    may.flatMap((word): readonly string[] => (word === READ ? readingOf(services ?? rooms) : [word])),
  );
}

/** With a limit, who is connected is not among it. */
function readingOf(limit: object | undefined): readonly KeyOperation[] {
  return limit ? READING.filter((operation) => PLACED.includes(operation)) : READING;
}

/** Refuses a limit that would not hold: what is about clients reaches all that they have. */
function clientsAreUnlimited({ may = [], services, rooms }: ApiKeySettings): Disagreement | undefined {
  const beyond = may.find((word) => word !== READ && !PLACED.includes(word as KeyOperation));
  if (beyond === undefined || !(services ?? rooms)) return undefined;
  const expected = `none of connections, disconnect, unsubscribe and revoke with services or rooms: they are about clients, whatever those are subscribed to`;
  return { key: 'may', found: beyond, expected };
}
