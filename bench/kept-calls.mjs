// What a token costs that is kept, against one of a plain stream: CPU of this process and of Redis for each token that a call
// gives, with its caller and with further watchers that come in the middle; and against resumable-stream, where that is
// installed, on the same Redis in the same run. No sockets: the procedure, the broker and the readers are in this process.
// Needs the build and redis-server.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { loadSettings } from '../dist/config/loading/load-settings.js';
import { Calls } from '../dist/procedures/calls/calls.js';
import { KeptCalls } from '../dist/procedures/kept/kept-calls.js';
import { Procedures } from '../dist/procedures/procedures.js';
import { createServer } from '../dist/server/create-server.js';
import { startRedis } from './services/redis.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    calls: { type: 'string', default: '100' },
    tokens: { type: 'string', default: '300' },
    pace: { type: 'string', default: '10' },
    watchers: { type: 'string', default: '0,1,4' },
  },
});
const [rounds, calls, tokens, paceMs] = ['rounds', 'calls', 'tokens', 'pace'].map((name) =>
  Number(values[name]),
);
const watcherCounts = values.watchers.split(',').map(Number);
const ORIGIN = { identity: undefined, isService: true };
const RESUMPTION = { ttlMs: 60_000, maxBytes: 1_048_576, graceMs: undefined, takesOver: false };

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** One clock for all calls: the timers of the models are not what is measured. */
let ticking = [];
setInterval(() => {
  const waiting = ticking;
  ticking = [];
  for (const resolve of waiting) resolve();
}, paceMs).unref();

async function* model() {
  for (let n = 0; n < tokens; n++) {
    await new Promise((resolve) => ticking.push(resolve));
    yield ` token${n}`;
  }
}

function procedureOf(name, resumption) {
  return {
    signature: {
      name,
      access: 'public',
      parameters: [],
      rest: { positional: true, named: true },
      isStream: true,
      isRaw: false,
    },
    limits: { concurrency: 0, deadlineMs: 0, endsStreams: false },
    resumption,
    run: async () => model(),
  };
}

async function gatewayOn(broker) {
  const settings = loadSettings({
    broker,
    server: { port: 0 },
    operators: { port: 0 },
    log: { level: 'silent' },
    procedures: { kept: { keptPerIdentity: 0, runningPerIdentity: 0 } },
    publish: { apiKeys: ['a-key-of-the-benchmark'] },
  });
  const app = await createServer(settings, []);
  await app.listen(0, '127.0.0.1');
  app.get(Procedures).add(procedureOf('plain'));
  app.get(Procedures).add(procedureOf('kept', RESUMPTION));
  return app;
}

const asked = (name) => ({ name, given: { positional: [], named: new Map() }, origin: ORIGIN });

async function plainCall(app) {
  const { stream } = await app.get(Calls).call({ ...asked('plain'), signal: new AbortController().signal });
  let count = 0;
  for (let step = await stream.next(); !step.done; step = await stream.next()) count++;
  return count;
}

async function readAll(cursor) {
  let count = 0;
  for (let part = await cursor.next(); part; part = await cursor.next()) count += part.results.length;
  return count;
}

async function keptCall(app, watchers) {
  const kept = app.get(KeptCalls);
  const cursor = await kept.start(asked('kept'), RESUMPTION);
  const late = async () => {
    await delay((tokens * paceMs) / 2);
    return readAll(await kept.watch(cursor.id, undefined, ORIGIN));
  };
  const counts = await Promise.all([readAll(cursor), ...Array.from({ length: watchers }, late)]);
  return counts.reduce((sum, count) => sum + count, 0);
}

let ids = 0;

async function resumableCall(context, watchers) {
  const id = `call-${++ids}`;
  const read = async (stream) => {
    let length = 0;
    const reader = stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) length += step.value.length;
    return length;
  };
  const late = async () => {
    await delay((tokens * paceMs) / 2);
    return read(await context.resumeExistingStream(id));
  };
  const first = await context.createNewResumableStream(id, () => ReadableStream.from(model()));
  const lengths = await Promise.all([read(first), ...Array.from({ length: watchers }, late)]);
  const whole = lengths[0];
  if (lengths.some((length) => length !== whole)) throw new Error('a watcher has not got all');
  return tokens * lengths.length;
}

/** Microseconds of the thread of Redis that runs commands, and how many those were. */
async function redisCost(operator) {
  if (!operator) return [0, 0];
  const cpu = await operator.info('cpu');
  const stats = await operator.info('stats');
  const secondsOf = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(cpu)[1]);
  const micros = (secondsOf('used_cpu_sys_main_thread') + secondsOf('used_cpu_user_main_thread')) * 1e6;
  return [micros, Number(/total_commands_processed:(\d+)/.exec(stats)[1])];
}

/** Runs so many calls side by side. @returns the cost of one token of a call, whoever gets it. */
async function measure(run, watchers, operator) {
  const [redis, commands] = await redisCost(operator);
  const before = process.cpuUsage();
  const counts = await Promise.all(Array.from({ length: calls }, run));
  const { user, system } = process.cpuUsage(before);
  const [redisAfter, commandsAfter] = await redisCost(operator);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== calls * tokens * (1 + watchers)) throw new Error(`${total} tokens have come`);
  const given = calls * tokens;
  return [(user + system) / given, (redisAfter - redis) / given, (commandsAfter - commands) / given];
}

function report(title, samples) {
  const [node, redis, commands] = [0, 1, 2].map((index) => median(samples.map((sample) => sample[index])));
  console.log(
    `${title}: ${node.toFixed(1)} us Node, ${redis.toFixed(1)} us Redis, ${commands.toFixed(2)} commands a token`,
  );
}

async function resumableContext(port) {
  try {
    const { createResumableStreamContext } = await import('resumable-stream/ioredis');
    const options = { waitUntil: null, keyPrefix: 'bench' };
    const clients = [new Redis(port), new Redis(port)];
    const context = createResumableStreamContext({
      ...options,
      publisher: clients[0],
      subscriber: clients[1],
      waitUntil: (promise) => void promise,
    });
    return { context, stop: () => clients.forEach((client) => client.disconnect()) };
  } catch {
    console.log('resumable-stream is left out: it is not installed.');
    return undefined;
  }
}

const memory = await gatewayOn({ kind: 'memory' });
const redis = await startRedis({});
if (!redis) console.log('Redis is left out: there is no redis-server here.');
const operator = redis && new Redis(redis.port);
const shared =
  redis && (await gatewayOn({ kind: 'redis', redis: { url: `redis://127.0.0.1:${redis.port}` } }));
const other = redis && (await resumableContext(redis.port));

const cases = [['a plain stream', 0, () => plainCall(memory), undefined]];
for (const watchers of watcherCounts) {
  const who = `its caller and ${watchers} late watchers`;
  cases.push([`kept in memory, ${who}`, watchers, () => keptCall(memory, watchers), undefined]);
  if (shared) cases.push([`kept in Redis, ${who}`, watchers, () => keptCall(shared, watchers), operator]);
  if (other)
    cases.push([
      `resumable-stream, ${who}`,
      watchers,
      () => resumableCall(other.context, watchers),
      operator,
    ]);
}
console.log(
  `${calls} calls at a time, ${tokens} tokens each, one every ${paceMs} ms, ${rounds} rounds in turn`,
);
const samples = cases.map(() => []);
for (let round = 0; round < rounds; round++)
  for (const [index, [, watchers, run, client]] of cases.entries())
    samples[index].push(await measure(run, watchers, client));
for (const [index, [title]] of cases.entries()) report(title, samples[index]);

other?.stop();
operator?.disconnect();
await Promise.all([memory.close(), shared?.close()]);
await redis?.stop();
process.exit(0);
