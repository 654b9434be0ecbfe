import { Streams } from '../src/connection/stream/streams.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { eventIn, StreamClient, type StreamEvent } from './support/stream-client.js';
import { eventually } from './support/wait.js';

const SENDS = 1_000;

/** An answer to a poll. */
interface Polled {
  readonly status: number;
  readonly events: StreamEvent[];
  /** To be acknowledged. */
  readonly number: number;
}

async function poll(url: string, query = ''): Promise<Polled> {
  const response = await fetch(`${url}?wait=5${query}`, { method: 'POST' });
  const text = await response.text();
  const events = text.split('\n\n').flatMap((block) => eventIn(block) ?? []);
  const number = Number(/(?:^|\n\n)id: (\d+)\n\n$/.exec(text)?.[1] ?? -1);
  return { status: response.status, events: events.filter(({ data }) => data !== ''), number };
}

const numberedIn = ({ events }: Polled): unknown[] =>
  events.map(({ data }) => (JSON.parse(data) as { id: unknown }).id);

describe('sessions over plain HTTP of two nodes', () => {
  const stopped = stoppedAfterAll();
  let nodes: TestGateway[];
  let urls: string[];
  beforeAll(async () => {
    const redis = stopped(await RedisServer.start());
    nodes = [];
    for (let left = 2; left > 0; left--) {
      const options = {
        services: { books: { requireAuthentication: false } },
        broker: { kind: 'redis' as const, redis: { url: redis.url } },
      };
      nodes.push(stopped(await TestGateway.start(options)));
    }
    urls = nodes.map(({ httpUrl }) => `${httpUrl}/ws/stream`);
  });
  const own = (): string => urls[0]!;
  const other = (): string => urls[1]!;
  const sessions = (): number => nodes[0]!.app.get(Streams, { strict: false }).count;

  it('take frames at either, once and in order', async () => {
    const client = await StreamClient.connect(own());
    const frame = (id: number): string => JSON.stringify({ event: 'numbered', id });
    for (let n = 0; n < SENDS; n += 5) {
      const body = Array.from({ length: 5 }, (_, i) => frame(n + i)).join('\n');
      const url = urls[(n / 5) % 2]!;
      expect((await client.post(n, body, url)).status).toBe(204);
      // As after an answer that was lost: once at the same node, once at the other.
      if (n % 50 === 0) expect((await client.post(n, body, urls[(n / 50) % 2])).status).toBe(204);
    }
    for (let id = 0; id < SENDS; id++) expect(await client.next()).toMatchObject({ id });
    const hole = await client.post(SENDS + 1, frame(0), other());
    expect([hole.status, await hole.json()]).toMatchObject([409, { expected: SENDS }]);
    const large = JSON.stringify({ event: 'ping', data: 'd'.repeat(700_000) });
    expect((await client.post(SENDS, large, other())).status).toBe(204);
    expect(await client.next()).toMatchObject({ event: 'pong' });
    expect((await fetch(`${other()}/${client.session}`, { method: 'DELETE' })).status).toBe(204);
    await client.untilEnded();
    expect((await client.post(SENDS + 1, '', other())).status).toBe(404);
    expect(sessions()).toBe(0);
  });

  it('can be polled, at either, and lose nothing', async () => {
    const first = await poll(own());
    expect(first.events.map(({ event }) => event)).toEqual(['session', 'message']);
    expect(first.number).toBe(1);
    const session = first.events[0]!.data;
    const send = async (n: number, url = own()): Promise<number> =>
      (
        await fetch(`${url}/${session}?n=${n}`, {
          method: 'POST',
          body: JSON.stringify({ event: 'numbered', id: n }),
        })
      ).status;
    expect(await send(0)).toBe(204);
    const second = await poll(`${own()}/${session}`, '&ack=1');
    expect([numberedIn(second), second.number]).toEqual([[0], 2]);
    expect(await send(1, other())).toBe(204);
    // The second answer was lost, as far as the gateway knows.
    const again = await poll(`${other()}/${session}`, '&ack=1');
    expect([numberedIn(again), again.number]).toEqual([[0, 1], 3]);
    expect((await poll(`${own()}/${session}`, '&ack=2')).status).toBe(409);
    expect((await poll(`${other()}/${session}`, '&ack=2')).status).toBe(409);
    const nothing = await poll(`${other()}/${session}`, '&ack=3');
    expect([nothing.status, nothing.events, nothing.number]).toEqual([200, [], 3]);
    // Of two that wait the later one is answered with what comes, the one before it with nothing.
    const both = [poll(`${own()}/${session}`, '&ack=3'), poll(`${own()}/${session}`, '&ack=3')];
    expect(numberedIn(await Promise.race(both))).toEqual([]);
    expect(await send(2)).toBe(204);
    expect((await Promise.all(both)).flatMap(numberedIn)).toEqual([2]);
    expect((await fetch(`${other()}/${session}`, { method: 'DELETE' })).status).toBe(204);
    expect((await poll(`${other()}/${session}`, '&ack=4')).status).toBe(404);
    expect(sessions()).toBe(0);
  });

  it('bring long answers from the other in pieces', async () => {
    const first = await poll(own());
    const url = `${other()}/${first.events[0]!.data}`;
    const body = JSON.stringify({ event: 'subscribe', subscription: 'books.1' });
    await fetch(`${url}?n=0`, { method: 'POST', body });
    let polled = await poll(url, `&ack=${first.number}`);
    const data = 'é🐱'.repeat(130_000);
    await nodes[0]!.publish({ subscription: 'books.1', data });
    await eventually(async () => {
      polled = await poll(url, `&ack=${polled.number}`);
      return polled.events.length > 0;
    });
    expect((JSON.parse(polled.events[0]!.data) as { data: unknown }).data === data).toBe(true);
    await fetch(url, { method: 'DELETE' });
  });

  it('end when their node stops', async () => {
    const streamed = await StreamClient.connect(own());
    const first = await poll(own());
    const url = `/${first.events[0]!.data}`;
    const waiting = poll(own() + url, `&ack=${first.number}`);
    await eventually(async () => (await nodes[0]!.metric('kittiwake_connections')) === 2);
    await nodes[0]!.stop();
    expect(await streamed.untilClosed()).toMatchObject({ code: 1012 });
    const { events } = await waiting;
    expect(events).toEqual([{ event: 'close', data: '{"code":1012,"reason":"Please reconnect."}' }]);
    for (const query of ['?n=0', '?wait=1&ack=2'])
      expect((await fetch(other() + url + query, { method: 'POST' })).status).toBe(404);
  });
});
