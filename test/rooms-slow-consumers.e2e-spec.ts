import type { KittiwakeOptions } from '../src/config/options.js';
import type { TestClient } from './support/client.js';
import { publication, RoomsStage, settled, subscribe, SUCCESS, V1 } from './support/rooms.js';

const ROOM = { target: 'prices' };
const DATA = 'd'.repeat(65_536);

describe('a client of rooms that does not keep up', () => {
  const stage = new RoomsStage();
  let slow: TestClient;

  async function start(rooms: NonNullable<KittiwakeOptions['rooms']>): Promise<void> {
    await stage.start({ rooms, limits: { outboxBytes: '1MiB' } });
    stage.allowed = [ROOM];
    slow = await stage.connect(V1);
    expect(await slow.ask({ ...subscribe(ROOM, 'R'), reportDrops: true })).toMatchObject(SUCCESS);
    slow.webSocket.pause();
  }

  afterEach(() => stage.stop());

  const dropped = (reason: string): Promise<number> =>
    stage.gateway.metric('kittiwake_drops_total', { reason });

  /** Triggers until so many were dropped. @returns how many triggers. */
  async function triggerUntilDropped(
    reason: string,
    count: number,
    data: (n: number) => unknown,
  ): Promise<number> {
    for (let n = 0; ; n++) {
      if (n % 8 === 0 && (await dropped(reason)) >= count) return n;
      if (n > 5000) throw new Error('the client was never too slow');
      await stage.reached([ROOM], data(n));
    }
  }

  it('misses the oldest triggers where those are dropped, and is told how many if it asked for that', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const triggered = await triggerUntilDropped('slow_consumer', 20, (n) => [n, DATA]);
    slow.webSocket.resume();
    const frames = await settled(slow);
    const at = frames.findIndex(({ type }) => type === 'dropped');
    expect(frames[at]).toEqual({ type: 'dropped', count: await dropped('slow_consumer'), requestId: 'R' });
    expect(frames.length - 1).toBe(triggered - (await dropped('slow_consumer')));
    expect(frames.at(-1)).toEqual(publication([triggered - 1, DATA], 'R'));
  });

  it.each([
    ['room', 1],
    ['data.id', 3],
  ])('gets the last trigger of each %s where they are conflated', async (conflateKey, keys) => {
    await start({ slowConsumer: 'conflate', conflateKey });
    const data = (n: number): object => ({ n, id: n % 3, d: DATA });
    const triggered = await triggerUntilDropped('conflated', 30, data);
    slow.webSocket.resume();
    const frames = (await settled(slow)).filter(({ type }) => type === 'publish');
    const last = frames.slice(-keys).map((frame) => (frame.data as { n: number }).n);
    const expected = Array.from({ length: keys }, (_, i) => triggered - keys + i);
    expect(last.toSorted((a, b) => a - b)).toEqual(expected);
  });
});
