import { connect, type Channel, type ChannelModel } from 'amqplib';
import { Redis } from 'ioredis';
import { sendEvents } from './fuzz/events.js';
import { sendFrames } from './fuzz/frames.js';
import { fuzz, FUZZ_TIMEOUT_MS } from './fuzz/fuzz-run.js';
import { anyBody } from './fuzz/http-bytes.js';
import { useSession } from './fuzz/sessions.js';
import { showToken } from './fuzz/tokens.js';
import { Victim } from './fuzz/victim.js';
import { anyObject } from './support/any-value.js';
import type { Chance } from './support/chance.js';
import { RabbitMqServer } from './support/rabbitmq-server.js';
import { RedisServer } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt } from './support/server-process.js';

const AT_A_TIME = 16;
const CHANNELS = ['books.well', 'books.1', 'kittiwake:rooms', 'books', '__proto__'];

let victim: Victim;

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

/** A test in which so many do something at a time, and after which all is well. */
async function thrown(target: string, one: (chance: Chance, victim: Victim) => Promise<void>): Promise<void> {
  await fuzz(target, 6, async (chance) => {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => one(chance, victim)));
    await victim.expectWell();
  });
}

describe('fuzz:', () => {
  let redis: RedisServer;
  let publisher: Redis;
  beforeAll(async () => {
    redis = await RedisServer.start();
    publisher = new Redis(redis.port);
    victim = await Victim.start({ broker: { kind: 'redis', redis: { url: redis.url } } });
  });
  afterAll(async () => {
    publisher.disconnect();
    await victim.stop();
    await redis.stop();
  });

  it('frames end no connection but their own', () => thrown('frames', sendFrames), FUZZ_TIMEOUT_MS);
  it('events are answered or refused', () => thrown('events', sendEvents), FUZZ_TIMEOUT_MS);
  it('sessions over plain HTTP are used or ended', () => thrown('sessions', useSession), FUZZ_TIMEOUT_MS);
  it('tokens that nobody has signed let nobody in', () => thrown('tokens', showToken), FUZZ_TIMEOUT_MS);

  it(
    'redis may carry anything',
    async () => {
      await fuzz('redis', 6, async (chance) => {
        for (let left = 100; left > 0; left--) await publisher.publish(chance.of(CHANNELS), anyBody(chance));
        await publisher.publish('books.well', '{"subscription": "books.well", "data": "end"}');
        await victim.received('reader', 'end');
        await victim.expectWell();
      });
    },
    FUZZ_TIMEOUT_MS,
  );
});

describe('fuzz:', () => {
  let server: RabbitMqServer;
  let connection: ChannelModel;
  let channel: Channel;
  beforeAll(async () => {
    server = await RabbitMqServer.start();
    victim = await Victim.start({ rooms: { rabbitmq: { url: server.url } } });
    connection = await connect(server.url);
    channel = await connection.createChannel();
  }, 90_000);
  afterAll(async () => {
    await victim.stop();
    await connection.close();
    await server.stop();
  });

  it(
    'rabbitmq may carry anything',
    async () => {
      await fuzz('rabbitmq', 6, async (chance) => {
        for (let left = 100; left > 0; left--) {
          const headers = anyObject(chance) as Record<string, string>;
          const properties =
            chance.below(4) === 0
              ? { headers: { x: JSON.stringify(headers) }, contentType: 'text/plain' }
              : {};
          channel.publish('hightemplar', '*', anyBody(chance), properties);
        }
        channel.publish('hightemplar', '*', Buffer.from('{"rooms": [{"a": "well"}], "data": "end"}'));
        await victim.received('member', 'end');
        await victim.expectWell();
      });
    },
    FUZZ_TIMEOUT_MS,
  );
});
