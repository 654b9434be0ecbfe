import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { type CertificateFiles, Certificates } from '../support/certificates.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { freePort, RedisServer, type RedisServerOptions } from '../support/redis-server.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const CHANNEL = 'books.book_1';

describe('the way to Redis', () => {
  let servers: RedisServer[];
  let clients: Redis[];
  let nodes: Recorder[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    servers = [];
    clients = [];
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ broker }) => broker.stop()));
    for (const client of clients) destroyClient(client);
    await Promise.all(servers.map((server) => server.stop()));
  });

  async function startServer(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.start(options);
    servers.push(server);
    return server;
  }

  function newClient(server: RedisServer, password = ''): Redis {
    const client = new Redis(server.port, { retryStrategy: null, password });
    clients.push(client);
    return client;
  }

  function newNode(server: { url: string }, settings: Partial<RedisSettings> = {}): Recorder {
    const node = new Recorder(new RedisBroker(redisSettings(server, settings)));
    nodes.push(node);
    return node;
  }

  function newClusterNode(clusterNodes: string[], connectTimeoutMs = 2000): Recorder {
    return newNode({ url: 'redis://only-its-credentials-count' }, { clusterNodes, connectTimeoutMs });
  }

  describe('with a password', () => {
    let server: RedisServer;
    beforeEach(async () => {
      server = await startServer({ args: ['--requirepass', 'p@ss word/1'] });
    });

    it('takes it from the URL, percent-encoded', async () => {
      const node = newNode({ url: `redis://:p%40ss%20word%2F1@127.0.0.1:${server.port}/3` });
      await node.start();
      await expectToWork(node, node, 'a');
    });

    it.each([
      ['a wrong', 'redis://:wr0ng@127.0.0.1', /WRONGPASS/],
      ['no', 'redis://127.0.0.1', /NOAUTH/],
    ])('ends the start with %s password, and does not repeat it', async (_, url, message) => {
      const node = newNode({ url: `${url}:${server.port}` });
      const error = await node.start().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'BrokerError', message });
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('wr0ng');
    });
  });

  it.each(['http://:s3cret@localhost', 'redis:s3cret', ':s3cret@localhost'])(
    'refuses a URL that is none, without repeating it: %s',
    (url) => {
      expect(() => newNode({ url })).toThrow(/^the Redis URL must look like redis:/);
    },
  );

  describe('over TLS', () => {
    let certificates: Certificates;
    let tls: CertificateFiles;

    beforeAll(async () => {
      certificates = await Certificates.open();
      tls = await certificates.make('redis');
    });
    afterAll(() => certificates.stop());

    it('trusts the CA that it was given', async () => {
      const server = await startServer({ tls });
      const node = newNode(server, { tls: { caFile: tls.certFile, rejectUnauthorized: true } });
      await node.start();
      await expectToWork(node, node, 'a');
    });

    it('uses TLS for its settings alone, whatever the scheme says', async () => {
      const server = await startServer({ tls });
      const url = server.url.replace('rediss:', 'redis:');
      const node = newNode({ url }, { tls: { caFile: tls.certFile, rejectUnauthorized: true } });
      await node.start();
      await expectToWork(node, node, 'a');
    });

    it('trusts nobody else', async () => {
      const server = await startServer({ tls });
      await expect(newNode(server).start()).rejects.toThrow(
        `Redis at 127.0.0.1:${server.port} cannot be reached: self-signed certificate`,
      );
    });

    it('trusts everybody when it is told to', async () => {
      const server = await startServer({ tls });
      const node = newNode(server, { tls: { rejectUnauthorized: false } });
      await node.start();
      await expectToWork(node, node, 'a');
    });

    it('asks Sentinels over TLS too', async () => {
      const server = await startServer({ tls });
      const sentinel = await startServer({
        tls,
        sentinel: [`sentinel monitor library 127.0.0.1 ${server.port} 1`],
      });
      const sentinels = [`127.0.0.1:${sentinel.port}`];
      const node = newNode(server, {
        sentinels,
        sentinelName: 'library',
        tls: { caFile: tls.certFile, rejectUnauthorized: true },
      });
      await node.start();
      await expectToWork(node, node, 'a');
    });

    it('says which CA file cannot be read', async () => {
      const node = newNode(
        { url: 'rediss://localhost' },
        { tls: { caFile: '/nowhere/ca.pem', rejectUnauthorized: true } },
      );
      await expect(node.start()).rejects.toThrow(
        /the CA file for Redis cannot be read: .*\/nowhere\/ca\.pem/,
      );
    });
  });

  describe('by Sentinels', () => {
    it('asks the next one when one is away, and asks again when the master is lost', async () => {
      const [first, second] = await Promise.all([startServer(), startServer()]);
      const sentinel = await startServer({
        sentinel: [`sentinel monitor library 127.0.0.1 ${first.port} 1`, 'requirepass sentinels'],
      });
      const settings = {
        sentinels: [`127.0.0.1:${await freePort()}`, `127.0.0.1:${sentinel.port}`],
        sentinelName: 'library',
        sentinelPassword: 'sentinels',
      };
      const node = newNode({ url: 'redis://nobody-listens-here' }, settings);
      await node.start();
      await expectToWork(node, node, 'a');
      const operator = newClient(sentinel, 'sentinels');
      await operator.call('SENTINEL', 'REMOVE', 'library');
      await operator.call('SENTINEL', 'MONITOR', 'library', '127.0.0.1', `${second.port}`, '1');
      await first.stop();
      expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
      await expectToWork(node, node, 'b');
      expect(await newClient(second).pubsub('NUMSUB', CHANNEL)).toEqual([CHANNEL, 1]);
    });

    it('says so when they do not know the name of the master', async () => {
      const sentinel = await startServer({ sentinel: [] });
      const settings = { sentinels: [`127.0.0.1:${sentinel.port}`], sentinelName: 'library' };
      await expect(newNode({ url: 'redis://x' }, settings).start()).rejects.toThrow(
        `Redis "library" (Sentinels 127.0.0.1:${sentinel.port}) cannot be reached: ` +
          `connected to sentinel 127.0.0.1:${sentinel.port} successfully, but got an invalid reply: null`,
      );
    });
  });

  describe('to a Cluster', () => {
    let cluster: RedisCluster;
    beforeAll(async () => {
      cluster = await RedisCluster.start();
    });
    afterAll(() => cluster.stop());

    /** The server of the Cluster that a broker is connected to, when there is only one broker. */
    async function chosen(): Promise<RedisServer> {
      for (const server of cluster.nodes) {
        if (String(await newClient(server).client('LIST')).includes('name=kittiwake')) return server;
      }
      throw new Error('no broker is connected');
    }

    it('takes a node that works, and hears what is published on the others', async () => {
      // Nodes are tried in a random order: this makes it unlikely that the first one works.
      const away = await Promise.all(Array.from({ length: 20 }, () => freePort()));
      const listening = newClusterNode(
        [...away.map((port) => `127.0.0.1:${port}`), ...cluster.addresses],
        10_000,
      );
      await listening.start();
      for (const address of cluster.addresses) {
        const publishing = newClusterNode([address]);
        await publishing.start();
        await expectToWork(listening, publishing, `by ${address}`);
      }
    });

    it('changes to another node when its own is frozen', async () => {
      const node = newClusterNode(cluster.addresses);
      await node.start();
      await node.broker.join(CHANNEL);
      const frozen = await chosen();
      frozen.freeze();
      const states = await node.reported(3).finally(() => frozen.thaw());
      expect(states).toEqual(['ready', 'lost', 'ready']);
      await cluster.works();
      await expectToWork(node, node, 'a');
    });

    it('is lost when its node is cut off from the others, though it answers', async () => {
      const [first, ...others] = cluster.nodes;
      const node = newClusterNode([`127.0.0.1:${first!.port}`]);
      await node.start();
      await node.broker.join(CHANNEL);
      for (const other of others) other.freeze();
      const states = await node.reported(2).finally(() => others.forEach((other) => other.thaw()));
      expect(states).toEqual(['ready', 'lost']);
      await node.reported(3);
      await expectToWork(node, node, 'a');
    });

    it('is not begun on a server that is none', async () => {
      const server = await startServer();
      await expect(newClusterNode([`127.0.0.1:${server.port}`]).start()).rejects.toThrow(
        `Redis Cluster at 127.0.0.1:${server.port} cannot be reached: ERR This instance has cluster support disabled`,
      );
    });
  });
});

/** One node hears another. */
async function expectToWork(listening: Recorder, publishing: Recorder, data: string): Promise<void> {
  listening.arrived.length = 0;
  await listening.broker.join(CHANNEL);
  await publishing.broker.publish(CHANNEL, publication(data));
  expect(await listening.texts(1)).toEqual([publication(data).text]);
}
