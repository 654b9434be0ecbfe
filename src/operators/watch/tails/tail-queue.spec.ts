import { type TailEvent, TailQueue } from './tail-queue.js';

function queue(): { queue: TailQueue; stop: AbortController } {
  const stop = new AbortController();
  return { queue: new TailQueue(stop.signal), stop };
}

const event = (number: number) => (): TailEvent => ({ event: 'x', number });

describe('the events for somebody who follows', () => {
  it('come in order, before and after they are waited for', async () => {
    const { queue: events } = queue();
    events.add(1, event(1));
    events.add(1, event(2));
    expect([await events.take(), await events.take()]).toEqual([event(1)(), event(2)()]);
    const next = events.take();
    events.add(1, event(3));
    expect(await next).toEqual(event(3)());
  });

  it.each([
    ['many', 1_000, 1],
    ['large', 4, 262_144],
  ])('are counted where too %s wait, and told of behind those', async (_case, count, length) => {
    const { queue: events } = queue();
    for (let number = 0; number < count + 5; number++) events.add(length, event(number));
    for (let number = 0; number < count; number++) expect(await events.take()).toEqual(event(number)());
    expect(await events.take()).toEqual({ event: 'dropped', count: 5 });
    events.add(length, event(7));
    expect(await events.take()).toEqual(event(7)());
  });

  it('end when nobody wants them any more', async () => {
    const { queue: events, stop } = queue();
    const next = events.take();
    stop.abort();
    expect(await next).toBeUndefined();
  });
});
