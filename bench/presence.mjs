// What presence costs: CPU of Node and Redis and bytes of Redis for each who comes, and what clients are sent while 200 come
// one after another. Needs the build and redis-server.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { MemoryBroker } from '../dist/broker/memory.broker.js';
import { RedisBroker } from '../dist/broker/redis/redis.broker.js';
import { RedisSettings } from '../dist/config/sections/broker/redis.settings.js';
import { loadSettings } from '../dist/config/loading/load-settings.js';
import { Hub } from '../dist/delivery/hub.js';
import { Histories } from '../dist/history/histories.js';
import { Metrics } from '../dist/metrics/metrics.js';
import { Presences } from '../dist/presence/presences.js';
import { startRedis } from './services/redis.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    members: { type: 'string', default: '20000' },
    coming: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '4' },
  },
});
const [rounds, members, coming, seconds] = ['rounds', 'members', 'coming', 'seconds'].map((name) =>
  Number(values[name]),
);
const MAX = 100;
const PER_TURN = 200;

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const member = (n) => ({ key: `"u${n}"`, text: `{"key":"u${n}","info":{"name":"Somebody ${n}"}}` });
const listener = { received: () => undefined, stateChanged: () => undefined };

/** Microseconds of the thread of Redis that runs commands. */
async function redisMicros(operator) {
  const text = await operator.info('cpu');
  const secondsOf = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]);
  return (secondsOf('used_cpu_sys_main_thread') + secondsOf('used_cpu_user_main_thread')) * 1e6;
}

async function usedMemory(operator) {
  return Number(/used_memory:(\d+)/.exec(await operator.info('memory'))[1]);
}

/** Has each come and go by itself, so many in a turn. */
async function comeAndGo(book, operator, channelOf) {
  await operator.flushall('SYNC');
  const memory = await usedMemory(operator);
  const results = [];
  let bytes = 0;
  for (const isComing of [true, false]) {
    const redis = await redisMicros(operator);
    const before = process.cpuUsage();
    for (let at = 0; at < members; at += PER_TURN)
      await Promise.all(
        Array.from({ length: PER_TURN }, (_, n) =>
          book.write(
            channelOf(at + n),
            [{ connection: `c${at + n}`, member: isComing ? member(at + n) : undefined }],
            MAX,
          ),
        ),
      );
    const { user, system } = process.cpuUsage(before);
    results.push([(user + system) / members, ((await redisMicros(operator)) - redis) / members]);
    if (isComing) bytes = ((await usedMemory(operator)) - memory) / members;
  }
  return { come: results[0], go: results[1], bytes };
}

async function measureBook(broker, operator) {
  for (const [title, places] of [
    ['one place', 1],
    ['places of 10', members / 10],
  ]) {
    const channelOf = (n) => `kittiwake:presence:bench:${n % places}`;
    const samples = [];
    for (let round = 0; round < rounds; round++)
      samples.push(await comeAndGo(broker.presence, operator, channelOf));
    const of = (pick) => median(samples.map(pick)).toFixed(1);
    console.log(
      `${title}, ${PER_TURN} a turn: to come ${of(({ come }) => come[0])} us Node, ${of(({ come }) => come[1])} us Redis; ` +
        `to go ${of(({ go }) => go[0])} and ${of(({ go }) => go[1])}; ${of(({ bytes }) => bytes)} bytes each`,
    );
  }
}

/** What all are sent who come one after another and see each other. */
async function measureFrames(max) {
  const { metrics: settings, history } = loadSettings({});
  const metrics = new Metrics(settings);
  const broker = new MemoryBroker();
  const hub = new Hub(broker, new Histories(broker, history, metrics), metrics);
  await hub.start(() => undefined);
  const presences = new Presences(broker, hub, { begin: () => undefined });
  const place = {
    channel: 'kittiwake:presence:bench',
    max,
    graceMs: 0,
    head: '{"event":"presence","subscription":"chat.1"',
  };
  let [frames, bytes] = [0, 0];
  const send = (frame) => {
    frames++;
    bytes += frame.length;
  };
  for (let n = 0; n < coming; n++) {
    const attendance = presences.attend({ id: `c${n}`, isOpen: true, isBehind: false, send }, place);
    attendance.enter(member(n));
    await attendance.look();
    bytes += attendance.show('members', false).length;
    frames++;
    await delay((seconds * 1_000) / coming);
  }
  await delay(1_100);
  presences.stop();
  await broker.stop();
  console.log(
    `${coming} come in ${seconds} s, max ${max}: ${frames} frames, ${(bytes / 1_000_000).toFixed(2)} MB to all of them ` +
      `(one by one: ${(coming * (coming + 1)) / 2} frames)`,
  );
}

for (const max of [1_000, MAX]) await measureFrames(max);
const redis = await startRedis({});
if (!redis) console.log('Redis is left out: there is no redis-server here.');
else {
  const operator = new Redis(redis.port);
  const url = `redis://127.0.0.1:${redis.port}`;
  const broker = new RedisBroker(Object.assign(new RedisSettings(), { url, prefix: 'bench:' }));
  await broker.start(listener);
  await measureBook(broker, operator);
  await broker.stop();
  operator.disconnect();
  await redis.stop();
}
process.exit(0);
