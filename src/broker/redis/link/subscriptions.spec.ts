import type { Redis } from 'ioredis';
import { PLAIN } from './dialect.js';
import { RedisSubscriptions } from './subscriptions.js';

const SILENT = { redirected: () => undefined, refused: () => undefined, failed: () => undefined };

describe('joining everything again', () => {
  it('goes by commands of 1000, without what was left while the earlier ones were under way', async () => {
    const channels = Array.from({ length: 2500 }, (_, i) => `books.book_${i}`);
    const wanted = new Set(channels);
    const commands: number[] = [];
    const subscribe = async (...names: string[]) => {
      commands.push(names.length);
      wanted.delete('books.book_1500');
    };
    const subscriptions = new RedisSubscriptions({ subscribe } as unknown as Redis, PLAIN, SILENT);
    await subscriptions.joinAll(channels, (channel) => wanted.has(channel));
    expect(commands).toEqual([1000, 999, 500]);
  });
});
