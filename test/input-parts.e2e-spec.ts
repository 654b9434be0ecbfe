import { Kittiwake, PublicationError, TriggerError } from '../src/index.js';
import { messagePack } from '../src/protocol/json/message-pack.js';
import { TestClient } from './support/client.js';
import { rpcToken, sharedRpc } from './support/rpc.js';

const MOST = 1_000;

const stage = sharedRpc({
  limits: { inputParts: MOST },
  services: { books: { requireAuthentication: false } },
});

/** So many lists, one of them around the others. */
const lists = (count: number): unknown[][] => Array.from({ length: count - 1 }, () => []);

describe('limits.inputParts, objects, lists and names together, bounds', () => {
  it('events of topics', async () => {
    const client = await TestClient.connect(stage.gateway.url);
    const ping = (count: number): Promise<unknown> => client.ask({ event: 'ping', data: lists(count) });
    expect(await ping(MOST - 3)).toMatchObject({ event: 'pong' });
    expect(await ping(MOST - 2)).toMatchObject({ status: 'error' });
    client.drop();
  });

  it('frames that call procedures', async () => {
    const client = await stage.connect();
    const call = (count: number): Promise<unknown> =>
      client.ask({ function_name: 'echo', parameters_list: [lists(count)], marker: 1 });
    expect(await call(MOST - 5)).toMatchObject({ marker: 1 });
    expect(await call(MOST - 4)).not.toHaveProperty('marker', 1);
  });

  it('bodies that call procedures, as JSON, MessagePack and forms', async () => {
    const call = async (type: string, body: string | Buffer): Promise<number> => {
      const headers = { 'Content-Type': type, Authorization: `Bearer ${rpcToken()}` };
      return (await fetch(`${stage.gateway.httpUrl}/rpc/echo`, { method: 'POST', headers, body })).status;
    };
    const bodies: readonly (readonly [type: string, (parts: number) => string | Buffer])[] = [
      ['application/json', (parts) => JSON.stringify({ value: lists(parts - 2) })],
      ['application/x-msgpack', (parts) => messagePack({ value: lists(parts - 2) })],
      ['application/x-www-form-urlencoded', (parts) => `value=1${'&_args='.repeat(parts - 1)}`],
    ];
    for (const [type, bodyOf] of bodies)
      expect([await call(type, bodyOf(MOST)), await call(type, bodyOf(MOST + 1))]).toEqual([200, 400]);
  });

  it('publications, and lists of them', async () => {
    const publish = async (body: unknown): Promise<number> => (await stage.gateway.publish(body)).status;
    const publication = (parts: number): object => ({ subscription: 'books.1', data: lists(parts - 3) });
    expect(await publish(publication(MOST))).toBe(200);
    expect(await publish(publication(MOST + 1))).toBe(400);
    expect(await publish([publication(MOST / 2), publication(MOST / 2 - 1)])).toBe(200);
    expect(await publish([publication(MOST / 2), publication(MOST / 2)])).toBe(400);
  });

  it('what is published and triggered in process, which other nodes have to read', async () => {
    const kittiwake = stage.gateway.app.get(Kittiwake, { strict: false });
    await expect(kittiwake.publish('books.1', lists(MOST - 5))).resolves.toEqual({ isRepeated: false });
    await expect(kittiwake.publish('books.1', lists(MOST))).rejects.toBeInstanceOf(PublicationError);
    await expect(kittiwake.trigger([{ a: 1 }], lists(MOST - 6))).resolves.toMatchObject({ reached: 0 });
    await expect(kittiwake.trigger([{ a: 1 }], lists(MOST))).rejects.toBeInstanceOf(TriggerError);
  });
});
