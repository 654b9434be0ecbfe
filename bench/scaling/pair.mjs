import { setTimeout as wait } from 'node:timers/promises';
import { startGateway } from '../gateway.mjs';
import { Population } from '../load/population.mjs';
import { publisherOf } from '../load/publisher.mjs';
import { median } from '../statistics.mjs';
import { FIRST_SEQUENCE } from '../wire.mjs';

const AT_ONCE = 100;
/** Publications of a round, and how many of them are made at once, as where there is load. */
const PUBLICATIONS = 800;
const UNDER_WAY = 8;
const ROUNDS = 3;
/** The head of a frame of 126 bytes or more. */
const FRAME_HEAD_BYTES = 4;

/** Two gateways on one Redis: one takes publications, the other one has all clients. */
export class Pair {
  #deliveries = 0;
  #deliveredBytes = 0;
  #population = new Population((_, __, start, end) => {
    this.#deliveries++;
    this.#deliveredBytes += end - start;
  });

  constructor(redis, here, there) {
    this.redis = redis;
    this.here = here;
    this.there = there;
  }

  static async start(redis, services) {
    const configuration = {
      services,
      callbacks: { connections: 256 },
      broker: { kind: 'redis', redis: { url: redis.url } },
    };
    const start = () => startGateway(configuration, { isCollectable: true });
    return new Pair(redis, await start(), await start());
  }

  get count() {
    return this.#population.connections.length;
  }

  async grow(count) {
    await this.#population.grow({ port: this.here.port, dialect: 'plain', count });
  }

  /** Does something with each client and its number, with some at a time. */
  async everyone(work) {
    const left = [...this.#population.connections.entries()];
    const some = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await work(next[1], next[0]);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
  }

  /** What each of so many clients takes of something that all of them do. */
  async perClient(count, work) {
    const [bytes, redisBytes] = [await this.here.bytes(), await this.redis.bytes()];
    const took = await this.#spent(work);
    return {
      cpuMicros: took.here / count,
      redisMicros: took.redis / count,
      bytes: ((await this.here.bytes()) - bytes) / count,
      redisBytes: ((await this.redis.bytes()) - redisBytes) / count,
    };
  }

  /**
   * What a publication takes, of which some are made whenever those before have come to all: the median of some rounds, of
   * which the first does not count.
   */
  async perPublication(topicOf, options) {
    const { publications = PUBLICATIONS, underWay = UNDER_WAY } = options;
    const work = { topicOf, ...options, publications, underWay };
    const rounds = [];
    this.#deliveries = this.#deliveredBytes = 0;
    const redisBytes = await this.redis.bytes();
    for (let round = -1; round < ROUNDS; round++) {
      const took = await this.#spent(() => this.#publish(work));
      if (round >= 0) rounds.push(took);
    }
    const of = (part) => median(rounds.map((took) => took[part])) / publications;
    return {
      here: of('here'),
      there: of('there'),
      redis: of('redis'),
      redisBytes: ((await this.redis.bytes()) - redisBytes) / publications / (ROUNDS + 1),
      frameBytes: this.#deliveredBytes / this.#deliveries + FRAME_HEAD_BYTES,
    };
  }

  async stop() {
    await this.#population.close();
    await Promise.all([this.here.stop(), this.there.stop()]);
  }

  /** Microseconds of CPU that something took, of both gateways and of Redis. */
  async #spent(work) {
    const read = async () => [this.here.micros(), this.there.micros(), await this.redis.micros()];
    const before = await read();
    await work();
    const after = await read();
    const [here, there, redis] = after.map((micros, index) => micros - before[index]);
    return { here, there, redis };
  }

  async #publish({ topicOf, receivers, dataBytes, publications, underWay }) {
    const publisher = publisherOf({ way: 'http', port: this.there.port });
    await publisher.open();
    for (let n = 0; n < publications;) {
      const owed = this.#deliveries + receivers * underWay;
      for (const last = n + underWay; n < last; n++)
        publisher.publish(topicOf(n), FIRST_SEQUENCE + n, dataBytes);
      publisher.flush();
      while (!publisher.isIdle || this.#deliveries < owed) await wait(0);
    }
    publisher.close();
  }
}
