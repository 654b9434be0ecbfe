import type { TextFormat } from './kind.js';

/** The policies for publications to a client that does not keep up. */
export const SLOW_CONSUMER_POLICIES = ['disconnect', 'drop-oldest', 'conflate'] as const;
export type SlowConsumerPolicy = (typeof SLOW_CONSUMER_POLICIES)[number];

const MEMBER = /^data\../s;

/** The key by which later publications replace earlier ones: one of some words, or a member of the data. */
export function conflationKey(words: readonly string[]): TextFormat {
  return {
    name: [...words, 'data.NAME'].join(', '),
    expected: `${words.join(', ')}, or data. and the name of a member of the data`,
    accepts: (text) => words.includes(text) || MEMBER.test(text),
  };
}
