import { getEventListeners } from 'node:events';
import { rejection } from '../../test/support/http-callers.js';
import { Turns } from './turns.js';

const { signal } = new AbortController();

describe('turns', () => {
  it('are as many as there may be, then those who wait have them in line', async () => {
    const turns = new Turns(2);
    const had: string[] = [];
    const take = async (name: string): Promise<void> => {
      await turns.take(signal);
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
    const turns = new Turns(1);
    await turns.take(signal);
    const leaver = new AbortController();
    const left = rejection(turns.take(leaver.signal));
    const next = turns.take(signal);
    leaver.abort(new Error('enough'));
    await expect(left).resolves.toHaveProperty('message', 'enough');
    turns.give();
    await next;
    await expect(turns.take(leaver.signal)).rejects.toThrow('enough');
  });
});
