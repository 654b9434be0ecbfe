import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { PairedBroker } from '../../src/broker/paired.broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { positionIn, withPosition } from '../../src/protocol/position.js';
import { freePort, RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const CHANNEL = 'books.book_1';

describe('two Redis servers during a migration', () => {
  let main: RedisServer;
  let alternate: RedisServer;
  let clients: Redis[];
  let node: Recorder;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    [main, alternate] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    clients = [main, alternate].map(({ port }) => new Redis(port, { retryStrategy: null }));
    for (const client of clients) client.on('error', () => undefined);
    const [first, second] = [
      redisSettings(main, { prefix: 'main:' }),
      redisSettings(alternate, { prefix: 'alt:' }),
    ];
    node = new Recorder(new PairedBroker(new RedisBroker(first), new RedisBroker(second)));
  });
  afterEach(async () => {
    await node.broker.stop();
    for (const client of clients) destroyClient(client);
    await Promise.all([main.stop(), alternate.stop()]);
  });

  const publishOnMain = (data: string) => clients[0]!.publish(`main:${CHANNEL}`, publication(data).text);
  const publishOnAlternate = (data: string) => clients[1]!.publish(`alt:${CHANNEL}`, publication(data).text);

  /** The channels that anyone listens on, on the one and on the other. */
  const heard = async () => (await Promise.all(clients.map((client) => client.pubsub('CHANNELS')))).flat();

  it('are both listened to: what is published on both arrives twice', async () => {
    await node.start();
    await node.broker.join(CHANNEL);
    await publishOnMain('main');
    await node.texts(1);
    await publishOnAlternate('alternate');
    await node.texts(2);
    await publishOnMain('both');
    await publishOnAlternate('both');
    const expected = ['main', 'alternate', 'both', 'both'].map((data) => publication(data).text);
    expect(await node.texts(4)).toEqual(expected);
    expect(await node.channels(4)).toEqual([CHANNEL, CHANNEL, CHANNEL, CHANNEL]);
  });

  it('are both left', async () => {
    await node.start();
    await node.broker.join(CHANNEL);
    await node.broker.leave(CHANNEL);
    await eventually(async () => (await heard()).length === 0, { what: 'UNSUBSCRIBE on both' });
  });

  it('carry what nodes publish on the main one alone', async () => {
    await node.start();
    await clients[1]!.psubscribe('*');
    await node.broker.join(CHANNEL);
    await node.broker.publish(CHANNEL, publication());
    await publishOnMain('last');
    expect(await node.texts(2)).toEqual([publication().text, publication('last').text]);
  });

  it('have positions of the main one alone', async () => {
    await node.start();
    await node.broker.join(CHANNEL);
    const { history } = node.broker;
    const { position } = await history.append(CHANNEL, publication('main'), {
      retention: { size: 5, ttlMs: 60_000 },
    });
    await node.texts(1);
    await clients[1]!.publish(`alt:${CHANNEL}`, withPosition(publication('alternate').text, position));
    const [main, alternate] = await node.texts(2);
    expect(positionIn(main!)).toEqual(position);
    expect(alternate).toBe(publication('alternate').text);
    expect(node.arrived[1]!.publication.data).toBe('"alternate"');
  });

  it.each(['main', 'alternate'])('are lost when the %s one is, and ready when both are', async (which) => {
    const server = which === 'main' ? main : alternate;
    await node.start();
    await node.broker.join(CHANNEL);
    await server.stop();
    expect(await node.reported(2)).toEqual(['ready', 'lost']);
    expect(node.broker.state).toBe('lost');
    await expect(node.broker.join('books.book_2')).rejects.toThrow(
      'cannot join: one of the two brokers is lost',
    );
    await server.restart();
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
  });

  it('are lost once when both are', async () => {
    await node.start();
    await Promise.all([main.stop(), alternate.stop()]);
    await node.reported(2);
    await alternate.restart();
    await main.restart();
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
  });

  it('are both left alone when one of them cannot be reached at the start', async () => {
    const nobody = redisSettings({ url: `redis://127.0.0.1:${await freePort()}` });
    const { broker } = (node = new Recorder(
      new PairedBroker(new RedisBroker(redisSettings(main)), new RedisBroker(nobody)),
    ));
    await expect(node.start()).rejects.toThrow('cannot be reached');
    expect(broker.state).toBe('stopped');
    const isLeftAlone = async () => !String(await clients[0]!.client('LIST')).includes('name=kittiwake');
    await eventually(isLeftAlone, { what: 'the end of the connections to the main one' });
  });

  it('are both left when a channel cannot be joined on one of them', async () => {
    await clients[1]!.acl('SETUSER', 'default', 'resetchannels', '&alt:books.book_1', '&alt:kittiwake:*');
    await node.start();
    await node.broker.join(CHANNEL);
    await expect(node.broker.join('books.book_2')).rejects.toThrow('NOPERM');
    await eventually(async () => (await heard()).length === 2, { what: 'UNSUBSCRIBE on the main one' });
    expect(await heard()).toEqual([`main:${CHANNEL}`, `alt:${CHANNEL}`]);
  });
});
