import { jest } from '@jest/globals';
import { SharedAnswer } from './shared-answer.js';

describe('an answer that is shared', () => {
  let made = 0;
  let finish: (outcome: 'well' | 'badly') => void;

  const make = (): Promise<number> => {
    const number = ++made;
    return new Promise((resolve, reject) => {
      finish = (outcome) => (outcome === 'well' ? resolve(number) : reject(new Error(`failed ${number}`)));
    });
  };

  beforeEach(() => {
    made = 0;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it('is made once for all who ask meanwhile, and for those who ask while it is fresh', async () => {
    const answer = new SharedAnswer(make, 1_000);
    const first = [answer.read(), answer.read()];
    jest.advanceTimersByTime(5_000); // it is made for as long as it takes
    first.push(answer.read());
    finish('well');
    expect(await Promise.all(first)).toEqual([1, 1, 1]);
    jest.advanceTimersByTime(999);
    expect(await answer.read()).toBe(1);
    jest.advanceTimersByTime(1);
    const next = answer.read();
    finish('well');
    expect(await next).toBe(2);
  });

  it('is made again for each who comes after, when it is not kept', async () => {
    const answer = new SharedAnswer(make, 0);
    for (const number of [1, 2]) {
      const both = [answer.read(), answer.read()];
      finish('well');
      expect(await Promise.all(both)).toEqual([number, number]);
    }
  });

  it('is made again after a failure, which all hear of who have asked', async () => {
    const answer = new SharedAnswer(make, 1_000);
    const both = [answer.read(), answer.read()];
    finish('badly');
    for (const one of both) await expect(one).rejects.toThrow('failed 1');
    const next = answer.read();
    finish('well');
    expect(await next).toBe(2);
  });
});
