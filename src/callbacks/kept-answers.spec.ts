import type { JsonMembers, JsonText } from '../protocol/json/json.js';
import { KeptAnswers } from './kept-answers.js';

const MINUTE_MS = 60_000;

describe('kept answers', () => {
  it('are there until their time is up', () => {
    const answers = new KeptAnswers(10_000);
    const answer = answerOf(1);
    answers.keep('a', answer, MINUTE_MS);
    answers.keep('b', answerOf(1), -1);
    expect(answers.get('a')).toBe(answer);
    expect(answers.get('b')).toBeUndefined();
    answers.keep('a', answerOf(1), -1);
    expect(answers.get('a')).toBeUndefined();
  });

  it('are forgotten, the oldest first, when there is no room', () => {
    const answers = new KeptAnswers(5_000);
    for (const question of ['a', 'b', 'c', 'd']) answers.keep(question, answerOf(1_000), MINUTE_MS);
    expect(['a', 'b', 'c', 'd'].filter((question) => answers.get(question))).toEqual(['b', 'c', 'd']);
    answers.keep('e', answerOf(5_000), MINUTE_MS);
    expect(answers.get('e')).toBeUndefined();
    expect(answers.get('d')).toBeDefined();
  });
});

function answerOf(length: number): JsonMembers {
  return new Map([['data', 'x'.repeat(length) as JsonText]]);
}
