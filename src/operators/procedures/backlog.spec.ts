import { Publication } from '../../protocol/publication.js';
import { Backlog } from './backlog.js';

function publicationOf(data: unknown): Publication {
  return Publication.parse(JSON.stringify({ subscription: 'books.1', data }));
}

function backlog(): { backlog: Backlog; stop: AbortController } {
  const stop = new AbortController();
  return { backlog: new Backlog(stop.signal), stop };
}

describe('the backlog of somebody who listens', () => {
  it('has publications in order, before and after they are waited for', async () => {
    const { backlog: waiting } = backlog();
    waiting.received(publicationOf(1));
    waiting.received(publicationOf(2));
    expect([(await waiting.take())?.data, (await waiting.take())?.data]).toEqual(['1', '2']);
    const next = waiting.take();
    waiting.received(publicationOf(3));
    expect((await next)?.data).toBe('3');
  });

  it('ends when nothing more is to be taken', async () => {
    const { backlog: waiting, stop } = backlog();
    const next = waiting.take();
    waiting.received(publicationOf(1));
    await next;
    const last = waiting.take();
    stop.abort();
    expect(await last).toBeUndefined();
    waiting.received(publicationOf(2));
    expect(await waiting.take()).toBeUndefined();
  });

  it('ends with an error when the broker is lost, behind what came before', async () => {
    const { backlog: waiting } = backlog();
    waiting.received(publicationOf(1));
    waiting.lost();
    waiting.received(publicationOf(2));
    expect((await waiting.take())?.data).toBe('1');
    await expect(waiting.take()).rejects.toMatchObject({
      status: 503,
      error: expect.stringContaining('broker'),
    });
  });

  it('ends with an error for who waits while the broker is lost', async () => {
    const { backlog: waiting } = backlog();
    const next = waiting.take();
    waiting.lost();
    await expect(next).rejects.toMatchObject({ status: 503 });
  });

  it.each([
    ['many', 10_000, 'x'],
    ['large', 8, 'x'.repeat(1_000_000)],
  ])('ends with an error when too %s wait', async (_case, count, data) => {
    const { backlog: waiting } = backlog();
    for (let index = 0; index < count + 5; index++) waiting.received(publicationOf(data));
    for (let index = 0; index < count; index++) await waiting.take();
    await expect(waiting.take()).rejects.toMatchObject({ status: 503, error: 'Too slow to receive.' });
  });

  it('has room again for what has been taken', async () => {
    const { backlog: waiting } = backlog();
    for (let index = 0; index < 20; index++) {
      waiting.received(publicationOf('x'.repeat(1_000_000)));
      expect(await waiting.take()).toBeDefined();
    }
  });
});
