import { CommandError } from '../command-error.js';

/** The uses that clients make of a gateway. */
export const PURPOSES = ['topics', 'rooms', 'procedures'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The ways in which clients of topics and procedures prove who they are. */
export const PROOFS = ['ticket', 'jwt', 'none'] as const;
export type Proof = (typeof PROOFS)[number];

/** The source of a first configuration. */
export interface InitAnswers {
  /** At least one. */
  readonly purposes: readonly Purpose[];
  /** The URL at which the app is asked; without a slash at the end. */
  readonly app: string;
  /** The origin of pages. */
  readonly origin: string;
  readonly proof: Proof;
}

/** A question of `kittiwake init`, which a flag answers as well. */
export interface Question {
  readonly name: keyof InitAnswers;
  readonly flag: string;
  readonly text: string;
  /** Of the answers before it. */
  readonly usual: (before: Partial<InitAnswers>) => string;
  /** Whether the answers before it leave something to ask. Default: yes. */
  readonly isOpen?: (before: Partial<InitAnswers>) => boolean;
  /** @throws {CommandError} of a text that is no answer. */
  readonly read: (text: string) => InitAnswers[keyof InitAnswers];
}

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  {
    name: 'purposes',
    flag: '--for',
    text: `What do clients do? ${PURPOSES.join(', ')}`,
    usual: () => 'topics',
    read: purposesOf,
  },
  {
    name: 'app',
    flag: '--app',
    text: 'Where is your app?',
    usual: () => 'http://127.0.0.1:8000',
    read: (text) => addressOf('--app', text).href.replace(/\/$/, '').replaceAll("'", '%27'),
  },
  {
    name: 'origin',
    flag: '--origin',
    text: 'Where do its pages come from?',
    usual: ({ app = '' }) => new URL(app).origin,
    read: (text) => addressOf('--origin', text).origin,
  },
  {
    name: 'proof',
    flag: '--auth',
    text: `How do clients prove who they are? ${PROOFS.join(', ')}`,
    usual: () => 'ticket',
    isOpen: ({ purposes = [] }) => needsProof(purposes),
    read: proofOf,
  },
];

/** Clients of rooms alone prove who they are by their cookies. */
export function needsProof(purposes: readonly Purpose[]): boolean {
  return purposes.some((purpose) => purpose !== 'rooms');
}

function purposesOf(text: string): readonly Purpose[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = words.find((word) => !PURPOSES.some((purpose) => purpose === word));
  if (unknown !== undefined || words.length === 0)
    throw wrong('--for', unknown ?? text, `one or more of ${PURPOSES.join(', ')}`);
  return PURPOSES.filter((purpose) => words.includes(purpose));
}

function proofOf(text: string): Proof {
  const proof = PROOFS.find((one) => one === text);
  if (proof === undefined) throw wrong('--auth', text, `one of ${PROOFS.join(', ')}`);
  return proof;
}

function addressOf(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url && isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw wrong(flag, text, 'a URL such as http://127.0.0.1:8000');
}

function wrong(flag: string, found: string, expected: string): CommandError {
  return new CommandError(`init: ${flag}: found ${JSON.stringify(found)}, expected ${expected}`);
}
