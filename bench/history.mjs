// What a history costs: CPU per publication in this process and in Redis, against publishing without one, and bytes per
// kept publication. Needs the build and redis-server.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { MemoryBroker } from '../dist/broker/memory.broker.js';
import { RedisBroker } from '../dist/broker/redis/redis.broker.js';
import { Publication } from '../dist/protocol/publication.js';
import { startRedis } from './services/redis.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    publications: { type: 'string', default: '20000' },
    subscribe: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const publications = Number(values.publications);
const DATA_BYTES = 240;
const SIZE = 100;
const retention = { size: SIZE, ttlMs: 300_000 };
const CHANNELS = [1, 100, 10_000];
const IN_FLIGHT = [50, 1];
const PREFIX = 'bench:';

const channelsOf = (count) => Array.from({ length: count }, (_, n) => `books.${count}_${n}`);
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Listens on every channel: nobody is measured who sends to nobody. */
async function subscribe(port) {
  const client = new Redis(port);
  const names = CHANNELS.flatMap(channelsOf).map((channel) => PREFIX + channel);
  for (let at = 0; at < names.length; at += 1000) await client.subscribe(...names.slice(at, at + 1000));
  process.send('ready');
}

function publicationOf(channel, n) {
  return Publication.parse(
    JSON.stringify({ subscription: channel, data: { n, text: 'x'.repeat(DATA_BYTES) } }),
  );
}

/** The CPU time of the thread of Redis that runs commands, in microseconds. */
async function redisMicros(operator) {
  const text = await operator.info('cpu');
  const seconds = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]);
  return (seconds('used_cpu_sys_main_thread') + seconds('used_cpu_user_main_thread')) * 1e6;
}

/** Microseconds of CPU per publication, of this process and of Redis. */
async function measure(send, channels, inFlight, operator) {
  const ready = Array.from({ length: publications }, (_, n) => {
    const channel = channels[n % channels.length];
    return [channel, publicationOf(channel, n)];
  });
  const redisBefore = operator ? await redisMicros(operator) : 0;
  const before = process.cpuUsage();
  for (let at = 0; at < ready.length; at += inFlight)
    await Promise.all(ready.slice(at, at + inFlight).map(([channel, one]) => send(channel, one)));
  const { user, system } = process.cpuUsage(before);
  const redisAfter = operator ? await redisMicros(operator) : 0;
  return { node: (user + system) / publications, redis: (redisAfter - redisBefore) / publications };
}

/** Takes ways in turn, so that what the machine does besides weighs on all of them. */
async function compare(ways, channels, inFlight, operator) {
  const samples = ways.map(() => []);
  for (let round = -1; round < rounds; round++)
    for (const [index, { send }] of ways.entries()) {
      const sample = await measure(send, channels, inFlight, operator);
      if (round >= 0) samples[index].push(sample);
    }
  return samples.map((some) => ({
    node: median(some.map(({ node }) => node)),
    redis: median(some.map(({ redis }) => redis)),
  }));
}

const waysOf = (broker) => [
  { name: 'without', send: (channel, one) => broker.publish(channel, one) },
  { name: 'with', send: (channel, one) => broker.history.append(channel, one, { retention }) },
];

const listener = { received: () => undefined, stateChanged: () => undefined };

async function table(title, broker, operator) {
  const ways = waysOf(broker);
  console.log(`\n${title}: CPU µs per publication of ${publicationOf('books.1', 1).text.length} bytes`);
  console.log('channels  in flight  history   this process     Redis');
  for (const count of CHANNELS)
    for (const inFlight of IN_FLIGHT) {
      const results = await compare(ways, channelsOf(count), inFlight, operator);
      for (const [index, { node, redis }] of results.entries())
        console.log(
          `${`${count}`.padStart(8)}  ${`${inFlight}`.padStart(9)}  ${ways[index].name.padEnd(8)}` +
            `${node.toFixed(1).padStart(14)}${(operator ? redis.toFixed(1) : '-').padStart(10)}`,
        );
    }
}

async function usedMemory(operator) {
  return Number(/used_memory:(\d+)/.exec(await operator.info('memory'))[1]);
}

/** Bytes of Redis per kept publication, and per channel, by how many are kept of each. */
async function memory(broker, operator) {
  console.log('\nmemory of Redis per kept publication, in bytes');
  for (const [count, each] of [
    [10_000, 1],
    [10_000, 10],
    [100, 100],
  ]) {
    await operator.flushall('SYNC');
    const before = await usedMemory(operator);
    const [, { send }] = waysOf(broker);
    const channels = channelsOf(count).map((channel) => `${channel}.${each}`);
    for (let n = 0; n < each; n++)
      for (let at = 0; at < count; at += 50)
        await Promise.all(
          channels.slice(at, at + 50).map((channel) => send(channel, publicationOf(channel, n))),
        );
    const bytes = (await usedMemory(operator)) - before;
    console.log(`${`${count}`.padStart(8)} channels, ${each} of each: ${Math.round(bytes / count / each)}`);
  }
}

async function main() {
  const local = new MemoryBroker();
  await local.start(listener);
  await table('memory', local, undefined);
  await local.stop();
  const redis = await startRedis({});
  if (!redis) return console.log('Redis is left out: there is no redis-server here.');
  const operator = new Redis(redis.port);
  const subscriber = fork(import.meta.filename, ['--subscribe', `${redis.port}`]);
  try {
    await once(subscriber, 'message');
    const { RedisSettings } = await import('../dist/config/sections/broker/redis.settings.js');
    const url = `redis://127.0.0.1:${redis.port}`;
    const broker = new RedisBroker(Object.assign(new RedisSettings(), { url, prefix: PREFIX }));
    await broker.start(listener);
    await table('Redis', broker, operator);
    await memory(broker, operator);
    await broker.stop();
  } finally {
    subscriber.kill();
    operator.disconnect();
    await redis.stop();
  }
}

await (values.subscribe === undefined ? main() : subscribe(Number(values.subscribe)));
