import { once } from 'node:events';
import { request } from 'node:http';
import { stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const MIB = 1_048_576;

const stage = stageOfFile((app) => ({
  topics: { path: '*' },
  services: {
    books: { requireAuthentication: false },
    told: { requireAuthentication: false, beforeSubscribe: `${app}/before`, onUnsubscribe: `${app}/bye` },
  },
}));

/** An event of exactly so many bytes. */
function pingOf(bytes: number): string {
  const empty = '{"event":"ping","data":5,"pad":""}';
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
}

async function statusOf(path: string): Promise<number | undefined> {
  const asked = request(`${stage.gateway.httpUrl}${path}`).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

describe('the endpoint', () => {
  it.each(['', '/', '/ws', '/ws?token=1&x', '/a/b/c?d=/e', '/%00', '/__proto__'])(
    'accepts %j when its path is every path',
    async (path) => {
      const client = await stage.connectTo(`ws://127.0.0.1:${stage.gateway.port}${path}`);
      expect(await client.ask({ event: 'ping', data: path })).toEqual({ event: 'pong', data: path });
    },
  );

  it('agrees on no sub-protocol and no compression', async () => {
    const client = await stage.connect();
    expect([client.webSocket.protocol, client.webSocket.extensions]).toEqual(['', '']);
  });

  it('answers a plain request with 426', async () => {
    expect(await Promise.all([statusOf('/ws'), statusOf('/'), statusOf('/other?x')])).toEqual([
      426, 426, 426,
    ]);
  });

  it('answers pings of the client', async () => {
    const client = await stage.connect();
    client.webSocket.ping('p');
    expect(String((await once(client.webSocket, 'pong'))[0])).toBe('p');
  });
});

describe('the size of a frame', () => {
  it('may be 1 MiB', async () => {
    const client = await stage.connect();
    for (const frame of [pingOf(MIB), Buffer.from(pingOf(MIB))]) {
      expect(await client.ask(frame)).toEqual({ event: 'pong', data: null });
    }
  });

  it('closes with 1009 above that, and the session ends', async () => {
    const client = await stage.subscriber('told.1');
    client.send(pingOf(MIB + 1));
    expect((await client.untilClosed()).code).toBe(1009);
    expect((await stage.app.requests('/bye')).map(({ body }) => body)).toEqual([{ subscription: 'told.1' }]);
  });

  it('closes with 1009 above that in fragments', async () => {
    const client = await stage.connect();
    client.webSocket.send('{"event":"ping","pad":"', { fin: false });
    client.webSocket.send('x'.repeat(MIB), { fin: false });
    expect((await client.untilClosed()).code).toBe(1009);
  });
});

describe('events of connections', () => {
  it('wait for each other on one connection, and for nobody on another', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const [slow, quick] = await Promise.all([stage.connect(), stage.subscriber('books.1')]);
    slow.send({ event: 'subscribe', subscription: 'told.1' }).send({ event: 'ping', data: 'later' });
    await stage.app.requests('/before');

    expect(await quick.settled()).toEqual([]);
    expect(slow.frames).toEqual([]);

    gate.resolve();
    expect([await slow.next(), await slow.next()]).toEqual([
      { event: 'subscribe', subscription: 'told.1', status: 'ok' },
      { event: 'pong', data: 'later' },
    ]);
  });

  it('do not hold up messages from services', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const client = await stage.subscriber('books.1');
    client.send({ event: 'subscribe', subscription: 'told.1' });
    await stage.app.requests('/before');

    await stage.publish('books.1', 'meanwhile');

    expect(await client.next()).toMatchObject({ event: 'message', data: 'meanwhile' });
    gate.resolve();
    expect(await client.next()).toMatchObject({ event: 'subscribe', status: 'ok' });
  });
});

describe('a client that is pinged', () => {
  const stage = stageOfFile((app) => ({
    ping: { interval: '100ms', timeout: '100ms' },
    services: { told: { requireAuthentication: false, onUnsubscribe: `${app}/bye` } },
  }));

  it('is closed with 1000 and unsubscribed when it does not answer', async () => {
    const client = await stage.connectTo(stage.gateway.url, [], { autoPong: false });
    await stage.subscriber('told.1', {}, client);
    expect((await client.untilClosed()).code).toBe(1000);
    expect((await stage.app.requests('/bye')).map(({ body }) => body)).toEqual([{ subscription: 'told.1' }]);
  });

  it('stays when it answers', async () => {
    const client = await stage.subscriber('told.1');
    let pings = 0;
    client.webSocket.on('ping', () => pings++);
    await eventually(() => pings >= 3);
    expect(client.closed).toBeUndefined();
    expect(stage.app.asked).toEqual([]);
  });
});
