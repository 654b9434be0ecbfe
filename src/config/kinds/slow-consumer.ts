import type { TextFormat } from './kind.js';

/** What becomes of publications for a client that does not keep up. */
export const SLOW_CONSUMER_POLICIES = ['disconnect', 'drop-oldest', 'conflate'] as const;
export type SlowConsumerPolicy = (typeof SLOW_CONSUMER_POLICIES)[number];

const MEMBER = /^data\../s;

/** What tells publications apart of which only the last matters: one of some words, or a member of the data. */
export function conflationKey(words: readonly string[]): TextFormat {
  return {
    name: [...words, 'data.NAME'].join(', '),
    expected: `${words.join(', ')}, or data. and the name of a member of the data`,
    accepts: (text) => words.includes(text) || MEMBER.test(text),
  };
}
