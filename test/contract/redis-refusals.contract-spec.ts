import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.js';
import { PairedBroker } from '../../src/broker/paired.broker.js';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { ShardedRedisBroker } from '../../src/broker/redis/sharded/sharded-redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { type CertificateFiles, Certificates } from '../support/certificates.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { freePort, RedisServer, type RedisServerOptions } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const CHANNEL = 'books.book_1';
const RIGHTS = ['+ping', '+publish', '+subscribe', '+unsubscribe', '+role'];

let stoppable: { stop(): Promise<unknown> }[];
let clients: Redis[];
/** What was logged: the level and the text. */
let lines: [level: string, text: string][];

beforeEach(() => {
  stoppable = [];
  clients = [];
  lines = [];
  const at = (level: string) => (text: unknown) => void lines.push([level, String(text)]);
  Logger.overrideLogger({ log: at('log'), warn: at('warn'), error: at('error'), debug: at('debug') });
});
afterEach(async () => {
  Logger.overrideLogger(false);
  for (const client of clients) destroyClient(client);
  for (const one of stoppable.toReversed()) await one.stop();
});

async function startServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  stoppable.push(server);
  return server;
}

/** An operator of the server. */
function newClient({ port }: { readonly port: number }): Redis {
  const client = new Redis(port, { retryStrategy: null });
  clients.push(client);
  return client;
}

function newNode(broker: Broker): Recorder {
  stoppable.push(broker);
  return new Recorder(broker);
}

async function startNode(
  server: { readonly url: string },
  settings: Partial<RedisSettings> = {},
): Promise<Recorder> {
  const node = newNode(new RedisBroker(redisSettings(server, settings)));
  await node.start();
  await node.broker.join(CHANNEL);
  return node;
}

/** Why a broker does not start. */
async function refusal(
  server: { readonly url: string },
  settings: Partial<RedisSettings> = {},
): Promise<string> {
  const error = await new RedisBroker(redisSettings(server, settings)).start(new Recorder(undefined!)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'BrokerError' });
  return (error as Error).message;
}

function warnings(): string[] {
  return lines.flatMap(([level, text]) => (level === 'warn' ? [text] : []));
}

/** Waits until Redis was tried in vain so many times. */
async function triedInVain(count: number): Promise<void> {
  const tries = (): number => lines.filter(([, text]) => text.startsWith('not connected')).length;
  await eventually(() => tries() >= count, { what: 'attempts to connect' });
}

async function expectToWork(node: Recorder): Promise<void> {
  node.arrived.length = 0;
  await node.broker.publish(CHANNEL, publication('works'));
  expect(await node.texts(1)).toEqual([publication('works').text]);
}

/** A user of Redis that has these rights alone. */
async function user(server: RedisServer, ...rights: string[]): Promise<{ url: string }> {
  await newClient(server).call('ACL', 'SETUSER', 'kittiwake', 'reset', 'on', '>secret', ...rights);
  return { url: server.url.replace('//', '//kittiwake:secret@') };
}

describe('a Redis that becomes a replica while its connections stay', () => {
  const IS_REPLICA = 'it is a replica: what is published there does not reach the other nodes';

  it.each([
    ['its role', ['&*', ...RIGHTS]],
    ['INFO alone', ['&*', ...RIGHTS.slice(0, -1), '+info']],
  ])('is lost until it is the primary again, for a user that may ask for %s', async (_, rights) => {
    const server = await startServer();
    const node = await startNode(await user(server, ...rights));
    await newClient(server).replicaof('127.0.0.1', await freePort());
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
    await expect(node.broker.publish(CHANNEL, publication())).rejects.toThrow('is lost');
    await triedInVain(2);
    expect(node.states).toEqual(['ready', 'lost']);
    await newClient(server).replicaof('NO', 'ONE');
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    await expectToWork(node);
    const cure = 'name the primary in its url, or sentinels, or clusterNodes if it is one of a Cluster';
    expect(warnings()).toEqual([
      `Redis at 127.0.0.1:${server.port} is lost: ${IS_REPLICA} (${cure})`,
      `Redis at 127.0.0.1:${server.port} cannot be reached: ${IS_REPLICA} (${cure})`,
    ]);
  });

  it('ends the start', async () => {
    const server = await startServer();
    await newClient(server).replicaof('127.0.0.1', await freePort());
    expect(await refusal(server)).toContain(`cannot be reached: ${IS_REPLICA} (`);
  });

  it('is not noticed where its user may not ask for the role: that is said once', async () => {
    const server = await startServer();
    const node = await startNode(await user(server, '&*', ...RIGHTS.slice(0, -1)));
    await expectToWork(node);
    await newClient(server).call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await node.reported(3);
    expect(warnings()).toEqual([
      expect.stringMatching(/^its user may not ask Redis for its role, .* it needs \+role \(NOPERM /),
      expect.stringContaining('is lost'),
    ]);
  });

  it('is lost for both of two that are listened on', async () => {
    const [main, alternate] = [await startServer(), await startServer()];
    const [first, second] = [new RedisBroker(redisSettings(main)), new RedisBroker(redisSettings(alternate))];
    const node = newNode(new PairedBroker(first, second));
    await node.start();
    await newClient(alternate).replicaof('127.0.0.1', await freePort());
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
  });

  it.each(['PUBLISH', 'SUBSCRIBE', 'PING'])('is lost when it answers READONLY to %s', async (which) => {
    const fake = await FakeRedis.start();
    stoppable.push(fake);
    const node = await startNode(fake);
    fake.answers.set(which, "-READONLY You can't write against a read only replica.\r\n");
    if (which === 'PUBLISH') await node.broker.publish(CHANNEL, publication())?.catch(() => undefined);
    if (which === 'SUBSCRIBE') await node.broker.join('books.book_2').catch(() => undefined);
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
  });
});

describe('a master that the Sentinels replace', () => {
  it('is left at once, though it hangs, and though it comes back as if nothing had happened', async () => {
    const first = await startServer();
    const second = await startServer({ args: ['--replicaof', '127.0.0.1', `${first.port}`] });
    const role = async (): Promise<unknown> => (await newClient(second).role())[3];
    await eventually(async () => (await role()) === 'connected', { timeoutMs: 10_000, what: 'a replica' });
    const sentinel = await startServer({
      sentinel: [
        `sentinel monitor library 127.0.0.1 ${first.port} 1`,
        'sentinel down-after-milliseconds library 500',
        'sentinel failover-timeout library 10000',
      ],
    });
    const settings = {
      sentinels: [`127.0.0.1:${sentinel.port}`],
      sentinelName: 'library',
      // Long: a PING does not notice it.
      pingIntervalMs: 60_000,
      pingTimeoutMs: 60_000,
    };
    const node = await startNode({ url: 'redis://nobody-listens-here' }, settings);
    const knows = async (): Promise<boolean> =>
      String(await newClient(sentinel).call('SENTINEL', 'REPLICAS', 'library')).includes(`${second.port}`);
    await eventually(knows, { timeoutMs: 15_000, what: 'a Sentinel that knows the replica' });
    first.freeze();
    try {
      await eventually(() => node.states.length >= 3, { timeoutMs: 20_000, what: 'another master' });
    } finally {
      first.thaw();
    }
    expect(node.states).toEqual(['ready', 'lost', 'ready']);
    expect(await newClient(second).pubsub('NUMSUB', CHANNEL)).toEqual([CHANNEL, 1]);
    expect(warnings()).toEqual([
      expect.stringContaining(`is lost: the Sentinels have made 127.0.0.1:${second.port} the master`),
    ]);
    await expectToWork(node);
  }, 60_000);
});

describe('a Redis that says why', () => {
  it('is said to have another password, once', async () => {
    const server = await startServer();
    const node = await startNode(server);
    await server.stop();
    await node.reported(2);
    const locked = await startServer({ port: server.port, args: ['--requirepass', 'other'] });
    await triedInVain(2);
    expect(warnings()).toEqual([
      expect.stringContaining('is lost'),
      `Redis at 127.0.0.1:${server.port} cannot be reached: NOAUTH Authentication required ` +
        '(set its user and password in its url)',
    ]);
    await locked.stop();
    await server.restart();
    await node.reported(3);
  });

  it.each([
    ['no channels', [...RIGHTS]],
    ['no right to publish', ['&*', '+ping', '+subscribe', '+unsubscribe', '+role']],
    ['no right to subscribe', ['&*', '+ping', '+publish', '+role']],
  ])('does not start with a user that has %s', async (_, rights) => {
    const server = await startServer();
    expect(await refusal(await user(server, ...rights), { prefix: 'k:' })).toMatch(
      /cannot be reached: NOPERM .* \(its user needs \+ping \+publish \+subscribe \+unsubscribe \+role &k:\*\)$/,
    );
  });

  it('is lost for a user that loses its channels, until it has them again', async () => {
    const server = await startServer();
    const node = await startNode(await user(server, '&*', ...RIGHTS));
    await node.broker.leave(CHANNEL);
    await user(server, ...RIGHTS);
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
    await triedInVain(2);
    await user(server, '&*', ...RIGHTS);
    await node.reported(3);
    expect(warnings().length).toBe(2);
    expect(warnings()[1]).toMatch(/NOPERM .*\(its user needs .* &\*\)$/);
  });

  it('is said once to refuse a channel, and goes on for others', async () => {
    const server = await startServer();
    const node = await startNode(await user(server, '&kittiwake:*', `&${CHANNEL}`, ...RIGHTS));
    for (const channel of ['books.book_2', 'books.book_3']) {
      await expect(node.broker.join(channel)).rejects.toThrow('NOPERM');
      await expect(node.broker.publish(channel, publication())).rejects.toThrow('NOPERM');
    }
    expect(warnings()).toEqual([
      expect.stringMatching(/^Redis refuses what clients or services ask for: NOPERM .* \(its user needs /),
    ]);
    await expectToWork(node);
  });

  it('is named as what it is when it is a Sentinel', async () => {
    const sentinel = await startServer({ sentinel: [] });
    expect(await refusal(sentinel)).toMatch(/it is a Sentinel \(name it in sentinels, with sentinelName\)$/);
  });

  it('is said to be in protected mode', async () => {
    const text = '-DENIED Redis is running in protected mode because protected mode is enabled\r\n';
    const fake = await FakeRedis.start((socket) => socket.end(text));
    stoppable.push(fake);
    expect(await refusal(fake)).toMatch(
      /cannot be reached: it is in protected mode \(give it a password \(requirepass\), or set protected-mode no/,
    );
  });

  it('has a Unix socket, and may not have it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-redis-socket-'));
    try {
      const server = await startServer({ args: ['--unixsocket', join(folder, 'redis.sock')] });
      await user(server, '&*', ...RIGHTS);
      const node = await startNode({ url: `unix://kittiwake:secret@${folder}/redis.sock` });
      await expectToWork(node);
      expect(await newClient(server).client('LIST')).toMatch(/addr=\S+redis.sock:0 .* user=kittiwake /);
      expect(await refusal({ url: `unix://${folder}/other.sock` })).toBe(
        `Redis at ${folder}/other.sock cannot be reached: connect ENOENT ${folder}/other.sock ` +
          '(set the path of its unixsocket in its url)',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a Redis with TLS', () => {
  let certificates: Certificates;
  let own: CertificateFiles;
  let other: CertificateFiles;

  beforeAll(async () => {
    certificates = await Certificates.open();
    [own, other] = [await certificates.make('redis'), await certificates.make('other')];
  });
  afterAll(() => certificates.stop());

  it('is said to speak it, or not to speak it', async () => {
    const [secure, plain] = [await startServer({ tls: own }), await startServer()];
    expect(await refusal({ url: `redis://127.0.0.1:${secure.port}` })).toMatch(
      /: the port speaks TLS, and TLS is not switched on \(use rediss:\/\/ in its url, or set tls\)$/,
    );
    expect(await refusal({ url: `rediss://127.0.0.1:${plain.port}` }, { connectTimeoutMs: 500 })).toMatch(
      /: the port does not speak TLS \(use redis:\/\/ in its url and leave tls out/,
    );
  });

  it('is said to want a client certificate, and works with one', async () => {
    const server = await startServer({ tls: { ...own, asksClients: true } });
    const tls = { caFile: own.certFile, rejectUnauthorized: true };
    expect(await refusal(server, { tls })).toMatch(
      /: it refuses the TLS handshake, .* \(set tls.certFile and tls.keyFile\)$/,
    );
    expect(await refusal({ url: `redis://127.0.0.1:${server.port}` })).toContain(': the port speaks TLS');
    expect(await refusal(server, { tls: { ...tls, ...other } })).toMatch(
      /: it refuses the client certificate \(set tls.certFile to one of an authority that the server trusts\)$/,
    );
    await expectToWork(await startNode(server, { tls: { ...tls, ...own } }));
  });

  it('is said not to be trusted', async () => {
    const server = await startServer({ tls: own });
    expect(await refusal(server)).toMatch(/: self-signed certificate \(set tls.caFile to the authority of/);
  });
});

describe('a sharded Redis that says why', () => {
  it('does not start, and is lost, with a user that has no rights to its channels', async () => {
    const cluster = await RedisCluster.start();
    stoppable.push(cluster);
    const commands = [
      '+ping',
      '+spublish',
      '+ssubscribe',
      '+sunsubscribe',
      '+cluster|nodes',
      '+cluster|slots',
    ];
    const allow = (...rights: string[]): Promise<unknown> =>
      Promise.all(cluster.nodes.map((server) => user(server, ...commands, ...rights)));
    const settings = redisSettings(
      { url: 'redis://kittiwake:secret@x' },
      { clusterNodes: cluster.addresses },
    );
    const newBroker = (): ShardedRedisBroker => new ShardedRedisBroker({ ...settings, partitions: 8 });
    await allow();
    await expect(newBroker().start(new Recorder(undefined!))).rejects.toThrow(
      /NOPERM .* \(its user needs \+ping \+spublish .* \+cluster\|slots &\{\*\)$/,
    );
    await allow('&{*');
    const node = newNode(newBroker());
    await node.start();
    await node.broker.join(CHANNEL);
    await allow();
    expect((await node.reported(2)).slice(0, 2)).toEqual(['ready', 'lost']);
    await triedInVain(2);
    await allow('&{*');
    await eventually(() => node.broker.state === 'ready');
    expect(warnings().at(-1)).toMatch(/NOPERM .*\(its user needs/);
    await expectToWork(node);
  }, 30_000);
});

/** Answers as a Redis does that has nothing to say. */
class FakeRedis {
  /** By command; another answer than usual. */
  readonly answers = new Map<string, string>();
  private readonly sockets: Socket[] = [];

  private constructor(private readonly server: Server) {}

  static async start(greet?: (socket: Socket) => void): Promise<FakeRedis> {
    const fake = new FakeRedis(createServer().listen(0, '127.0.0.1'));
    fake.server.on('connection', (socket) => {
      fake.sockets.push(socket);
      socket.on('error', () => undefined);
      if (greet) greet(socket);
      else socket.on('data', (data) => fake.answer(socket, data.toString()));
    });
    await once(fake.server, 'listening');
    return fake;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private answer(socket: Socket, data: string): void {
    for (const [, name, , argument = ''] of data.matchAll(
      /\*\d+\r\n\$\d+\r\n(\w+)\r\n(\$\d+\r\n(.*?)\r\n)?/g,
    )) {
      const command = name!.toUpperCase();
      socket.write(this.answers.get(command) ?? usual(command, argument));
    }
  }
}

function usual(command: string, channel: string): string {
  if (command === 'PING') return '+PONG\r\n';
  if (command === 'ROLE') return '*1\r\n$6\r\nmaster\r\n';
  if (command === 'PUBLISH') return ':0\r\n';
  if (!command.endsWith('SUBSCRIBE')) return '+OK\r\n';
  const kind = command.toLowerCase();
  return `*3\r\n$${kind.length}\r\n${kind}\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`;
}
