import { getEventListeners } from 'node:events';
import { rejection } from '../../../test/support/http-callers.js';
import { TurnError, Turns } from './turns.js';

const { signal } = new AbortController();

describe('turns', () => {
  it('are as many as there may be, then those who wait have them in line', async () => {
    const turns = new Turns({ most: 2 });
    const had: string[] = [];
    const take = async (name: string): Promise<void> => {
      await turns.take({}, signal);
      had.push(name);
    };
    const all = Promise.all(['a', 'b', 'c', 'd'].map(take));
    await new Promise(setImmediate);
    expect(had).toEqual(['a', 'b']);
    turns.give();
    await new Promise(setImmediate);
    expect(had).toEqual(['a', 'b', 'c']);
    turns.give();
    await all;
    turns.give();
    turns.give();
    await Promise.all([take('e'), take('f')]);
    expect(had).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('are not for who has left the line', async () => {
    const turns = new Turns({ most: 1 });
    await turns.take({}, signal);
    const leaver = new AbortController();
    const left = rejection(turns.take({}, leaver.signal));
    const next = turns.take({}, signal);
    leaver.abort(new Error('enough'));
    await expect(left).resolves.toHaveProperty('message', 'enough');
    turns.give();
    await next;
    await expect(turns.take({}, leaver.signal)).rejects.toThrow('enough');
  });

  it('are refused where too many wait, and to who has waited too long', async () => {
    const turns = new Turns({ most: 1, maxWaiting: 1, maxWaitMs: 20 });
    await turns.take({}, signal);
    const first = rejection(turns.take({}, signal));
    const second = await rejection(turns.take({}, signal));
    expect(second).toBeInstanceOf(TurnError);
    expect(second).toHaveProperty('message', '1 wait for a connection already');
    expect(await first).toBeInstanceOf(TurnError);
    expect(await first).toHaveProperty('message', 'no connection was free within 20 ms');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    turns.give();
    await turns.take({}, signal);
  });

  it('say how many wait, and since when', async () => {
    const turns = new Turns({ most: 1 });
    const beforeMs = performance.now();
    await turns.take({}, signal);
    expect(turns.waiting).toEqual({ count: 0, sinceMs: undefined });
    const all = Promise.all([turns.take({}, signal), turns.take({ service: 'books' }, signal)]);
    const { count, sinceMs } = turns.waiting;
    expect(count).toBe(2);
    expect(sinceMs).toBeGreaterThanOrEqual(beforeMs);
    turns.give();
    turns.give();
    await all;
    expect(turns.waiting.count).toBe(0);
  });

  it('end with any of several signals', async () => {
    const turns = new Turns({ most: 1 });
    await turns.take({}, signal);
    const withdrawal = new AbortController();
    const left = rejection(turns.take({}, signal, withdrawal.signal));
    withdrawal.abort(new Error('gone'));
    await expect(left).resolves.toHaveProperty('message', 'gone');
    expect(turns.waiting.count).toBe(0);
  });
});
