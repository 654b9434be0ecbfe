import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { freePort, RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { deferred, eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const CHANNEL = 'books.book_1';

describe('a Redis that is lost', () => {
  let server: RedisServer;
  let nodes: Recorder[];
  let clients: Redis[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    nodes = [];
    clients = [];
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ broker }) => broker.stop()));
    for (const client of clients) destroyClient(client);
    await server.stop();
  });

  function newNode(settings: Partial<RedisSettings> = {}): Recorder {
    const node = new Recorder(new RedisBroker(redisSettings(server, settings)));
    nodes.push(node);
    return node;
  }

  async function startNode(settings: Partial<RedisSettings>, ...channels: string[]): Promise<Recorder> {
    const node = newNode(settings);
    await node.start();
    await Promise.all(channels.map((channel) => node.broker.join(channel)));
    return node;
  }

  /** A client that is no broker, such as an operator's. */
  function newClient(): Redis {
    const client = new Redis(server.port, { retryStrategy: null });
    clients.push(client);
    return client;
  }

  it('is reported, and again when it is back with every channel joined', async () => {
    const node = await startNode({}, CHANNEL, 'books.book_2');
    await server.stop();
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
    expect(node.broker.state).toBe('lost');
    await server.restart();
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    await node.broker.publish(CHANNEL, publication('after'));
    await newClient().publish('books.book_2', publication('from a service').text);
    expect(await node.texts(2)).toEqual([publication('after').text, publication('from a service').text]);
  });

  it('is not back before the last of many channels is joined', async () => {
    const channels = Array.from({ length: 5000 }, (_, i) => `books.book_${i}`);
    const node = await startNode({}, ...channels);
    const client = newClient();
    const atReady: Promise<number>[] = [];
    node.onStateChanged = (state) => {
      if (state === 'ready') atReady.push(client.publish(channels.at(-1)!, publication().text));
    };
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(await Promise.all(atReady)).toEqual([1]);
  });

  it('is noticed when it answers no more, and ends what is under way', async () => {
    const node = await startNode({}, CHANNEL);
    server.freeze();
    const underWay = [node.broker.publish(CHANNEL, publication())!, node.broker.join('books.book_2')];
    let lostAt = Infinity;
    node.onStateChanged = () => (lostAt = performance.now());
    const outcomes = await Promise.allSettled(underWay);
    expect(performance.now() - lostAt).toBeLessThan(1000);
    expect(outcomes).toMatchObject([
      {
        status: 'rejected',
        reason: { name: 'BrokerError', message: /^cannot publish to Redis at 127\.0\.0\.1:/ },
      },
      { status: 'rejected', reason: { name: 'BrokerError', message: /^cannot join "books.book_2"/ } },
    ]);
    expect(node.states).toEqual(['ready', 'lost']);
    server.thaw();
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(await newClient().pubsub('CHANNELS')).toEqual([CHANNEL]);
  });

  it.each(['pubsub', 'normal'] as const)('is noticed when only the %s connection ends', async (type) => {
    const node = await startNode({}, CHANNEL);
    await newClient().call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    await node.broker.publish(CHANNEL, publication());
    expect(await node.channels(1)).toEqual([CHANNEL]);
  });

  it.each([
    ['publishing', 0],
    ['subscribed', 1],
  ])('is noticed when only its %s connection falls silent', async (_, index) => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const node = await startNode({ url: `redis://127.0.0.1:${proxy.port}` }, CHANNEL);
      proxy.silence(index);
      expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    } finally {
      await proxy.stop();
    }
  });

  it.each<[string, number, (socket: Socket, data: string) => void]>([
    ['never answers', 2, () => undefined],
    ['hangs up when channels are joined again', 3, hangUpOnSubscribe],
  ])('stays lost while something listens in its place that %s', async (_, connections, onData) => {
    const node = await startNode({ connectTimeoutMs: 100 }, CHANNEL);
    await server.stop();
    await node.reported(2);
    const fake = await FakeServer.listen(server.port, onData);
    await eventually(() => fake.connectionCount >= connections, { what: 'attempts to connect' });
    expect(node.states).toEqual(['ready', 'lost']);
    await fake.close();
    await server.restart();
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(await connectionCount(newClient())).toBe(2);
  });

  it('refuses to join and to publish at once', async () => {
    const node = await startNode({}, CHANNEL);
    await server.stop();
    await node.reported(2);
    const why = `Redis at 127.0.0.1:${server.port} is lost`;
    await expect(node.broker.publish(CHANNEL, publication())).rejects.toThrow(`cannot publish: ${why}`);
    await expect(node.broker.join('books.book_2')).rejects.toThrow(`cannot join: ${why}`);
    await server.restart();
    await node.reported(3);
    expect(await newClient().pubsub('CHANNELS')).toEqual([CHANNEL]);
    expect(node.arrived).toEqual([]);
  });

  it('is not joined again on channels that were left meanwhile', async () => {
    const node = await startNode({}, CHANNEL, 'books.book_2');
    await server.stop();
    await node.reported(2);
    await node.broker.leave('books.book_2');
    await server.restart();
    await node.reported(3);
    expect(await newClient().pubsub('CHANNELS')).toEqual([CHANNEL]);
  });

  it('is left alone once the broker is stopped', async () => {
    const node = await startNode({}, CHANNEL);
    await server.stop();
    await node.reported(2);
    await node.broker.stop();
    await server.restart();
    expect(await connectionCount(newClient())).toBe(0);
    expect(node.states).toEqual(['ready', 'lost']);
  });

  it('may be answered with a stop', async () => {
    const node = await startNode({}, CHANNEL);
    const stopped = deferred();
    node.onStateChanged = () => void node.broker.stop().then(stopped.resolve);
    await server.stop();
    await stopped.promise;
    expect(node.states).toEqual(['ready', 'lost']);
  });

  it('stops the start when nothing listens, with an error that names it without its password', async () => {
    const timers = watchTimers();
    const port = await freePort();
    const { broker } = newNode({ url: `redis://user:s3cret@localhost:${port}` });
    const error = await new Recorder(broker).start().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'BrokerError',
      message: /^Redis at localhost:\d+ cannot be reached: .*ECONNREFUSED/,
    });
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('s3cret');
    expect(broker.state).toBe('stopped');
    expect(timers.alive()).toEqual([]);
  });

  it('stops the start when it does not answer in time', async () => {
    server.freeze();
    const node = newNode({ connectTimeoutMs: 300 });
    await expect(node.start()).rejects.toThrow(
      /^Redis at 127\.0\.0\.1:\d+ cannot be reached: no answer within \d+ ms$/,
    );
    expect(node.states).toEqual([]);
  });

  it('lets a start be stopped', async () => {
    server.freeze();
    const node = newNode({ connectTimeoutMs: 60_000 });
    const starting = node.start().catch((reason: unknown) => reason);
    await node.broker.stop();
    expect(await starting).toMatchObject({ message: expect.stringContaining('the broker was stopped') });
  });

  it.each(['that answers', 'that is frozen'])(
    'leaves neither sockets nor timers of a server %s',
    async (which) => {
      const timers = watchTimers();
      const before = socketCount(); // files that run in the same process may have left some
      const node = await startNode({ pingIntervalMs: which === 'that answers' ? 60_000 : 100 }, CHANNEL);
      if (which === 'that is frozen') {
        server.freeze();
        await node.reported(2);
      } else {
        await node.broker.publish(CHANNEL, publication());
      }
      await node.broker.stop();
      expect(timers.alive()).toEqual([]);
      expect(socketCount()).toBeLessThanOrEqual(before);
    },
  );

  it('is disconnected from when the broker is stopped', async () => {
    const client = newClient();
    const node = await startNode({}, CHANNEL);
    expect(await connectionCount(client)).toBe(2);
    await node.broker.stop();
    await eventually(async () => (await connectionCount(client)) === 0, {
      what: 'the end of the connections',
    });
  });
});

/** How many connections of brokers the server has. */
async function connectionCount(client: Redis): Promise<number> {
  return String(await client.client('LIST')).split('name=kittiwake').length - 1;
}

/** Tells where timers were set, by the broker or by ioredis, that still run. */
function watchTimers(): { alive(): string[] } {
  const timers = new Map<object, string>();
  const hook = createHook({
    init: (_id, type, _trigger, timer) => {
      const stack = type === 'Timeout' ? (new Error().stack ?? '') : '';
      if (/src\/broker|ioredis/.test(stack)) timers.set(timer, stack);
    },
  }).enable();
  return {
    alive: () => {
      hook.disable();
      return [...timers]
        .filter(([timer]) => !('_destroyed' in timer && timer._destroyed))
        .map(([, stack]) => stack);
    },
  };
}

/** Answers what comes before SUBSCRIBE. */
function hangUpOnSubscribe(socket: Socket, data: string): void {
  const answers = { client: '+OK\r\n', ping: '+PONG\r\n', role: '*1\r\n$6\r\nmaster\r\n', publish: ':0\r\n' };
  for (const [, command] of data.matchAll(/\r\n(client|ping|role|publish|subscribe)\r\n/gi)) {
    const answer = answers[command!.toLowerCase() as keyof typeof answers] as string | undefined;
    if (answer === undefined) socket.destroy();
    else socket.write(answer);
  }
}

/** Takes the place of a Redis that is away, and behaves as a test wants. */
class FakeServer {
  private readonly sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    onData: (socket: Socket, data: string) => void,
  ) {
    server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data) => onData(socket, data.toString()));
    });
  }

  static async listen(port: number, onData: (socket: Socket, data: string) => void): Promise<FakeServer> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new FakeServer(server, onData);
  }

  get connectionCount(): number {
    return this.sockets.length;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function socketCount(): number {
  return process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length;
}
