/**
 * The jitter run: many clients whose network goes at random for some seconds, while publications go on. What share of them
 * arrives, and how soon after a client is back what it has missed.
 */
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { end, start } from '../child.mjs';
import { freePort, listening } from '../ports.mjs';
import { usageOf } from '../process-usage.mjs';
import { startRedis } from '../services/redis.mjs';
import { API_KEY, dataText, FIRST_SEQUENCE, HOST, topicName } from '../wire.mjs';
import { TARGETS } from './targets.mjs';
import { Wanderer } from './wanderer.mjs';

const HELP = `Usage: node bench/jitter/main.mjs [flags]

  --only TEXT          the servers whose name contains it, of ${TARGETS.map(({ name }) => name).join(', ')}
  --clients N          (2000)
  --publications N     one a second (120)
  --cut-every N        seconds between the cuts of one client, on average (15)
  --away N             seconds until it tries again (2)
  --help
`;
const BYTES = 128;
const PACE_MS = 1_000;
const CONNECTS_AT_A_TIME = 50;
const START_DEADLINE_MS = 20_000;
const SETTLE_MS = 15_000;

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    only: text(''),
    clients: text('2000'),
    publications: text('120'),
    'cut-every': text('15'),
    away: text('2'),
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const setup = {
  clients: Number(values.clients),
  publications: Number(values.publications),
  cutEveryMs: Number(values['cut-every']) * 1_000,
  awayMs: Number(values.away) * 1_000,
};

const rows = [];
for (const target of TARGETS.filter(({ name }) => name.includes(values.only))) {
  const redis = target.hasRedis ? await startRedis({}) : undefined;
  if (target.hasRedis && redis === undefined) {
    console.log(`${target.label}: left out, there is no redis-server`);
    continue;
  }
  try {
    rows.push(await measured(target, redis));
    console.log(rows.at(-1));
  } finally {
    await redis?.stop();
  }
}
console.table(Object.fromEntries(rows.map(({ label, ...row }) => [label, row])));

async function measured(target, redis) {
  const servers = [];
  try {
    for (let node = 0; node < target.nodes; node++) servers.push(await serverOf(target, redis));
    const ports = servers.map(({ port }) => port);
    const times = new Map();
    const wanderers = Array.from(
      { length: setup.clients },
      () => new Wanderer({ dialect: target.dialect, ports, times, ...setup }),
    );
    for (let at = 0; at < wanderers.length; at += CONNECTS_AT_A_TIME)
      await Promise.all(wanderers.slice(at, at + CONNECTS_AT_A_TIME).map((wanderer) => wanderer.start()));
    const before = cpuOf(servers);
    for (const wanderer of wanderers) wanderer.wander();
    await publishAll(ports, times);
    for (const wanderer of wanderers) wanderer.settle();
    await untilAllHave(wanderers);
    const cpuSeconds = cpuOf(servers) - before;
    for (const wanderer of wanderers) wanderer.end();
    return rowOf(target, wanderers, cpuSeconds);
  } finally {
    await Promise.all(servers.map(({ child }) => end(child)));
  }
}

async function serverOf(target, redis) {
  const port = await freePort();
  const child = start([process.execPath, target.script], { environment: target.environment(port, redis) });
  await listening(child, port, { label: target.label, deadlineMs: START_DEADLINE_MS });
  return { child, port };
}

function cpuOf(servers) {
  return servers.reduce((sum, { child }) => sum + (usageOf(child.pid)?.cpuSeconds ?? 0), 0);
}

async function publishAll(ports, times) {
  for (let number = 0; number < setup.publications; number++) {
    const sequence = FIRST_SEQUENCE + number;
    times.set(sequence, performance.now());
    await publish(ports[number % ports.length], sequence);
    await wait(PACE_MS);
  }
}

function publish(port, sequence) {
  const body = `{"subscription":"${topicName(0)}","data":${dataText(sequence, BYTES)}}`;
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${API_KEY}`,
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: HOST, port, path: '/publish', method: 'POST', headers },
      (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`a publication was answered with ${response.statusCode}`));
        });
      },
    );
    request.on('error', reject).end(body);
  });
}

/** Or until nothing more is to be expected. */
async function untilAllHave(wanderers) {
  const deadline = performance.now() + SETTLE_MS;
  const isWhole = () => wanderers.every(({ arrivals }) => arrivals.size === setup.publications);
  while (!isWhole() && performance.now() < deadline) await wait(100);
}

function rowOf({ label }, wanderers, cpuSeconds) {
  const sum = (of) => wanderers.reduce((total, wanderer) => total + of(wanderer), 0);
  const replays = wanderers.flatMap(({ replayMs }) => replayMs).toSorted((a, b) => a - b);
  const quantile = (q) =>
    replays.length === 0 ? '-' : replays[Math.floor((replays.length - 1) * q)].toFixed(1);
  const owed = setup.clients * setup.publications;
  return {
    label,
    'delivered, %': ((100 * sum(({ arrivals }) => arrivals.size)) / owed).toFixed(3),
    repeated: sum(({ repeats }) => repeats),
    'out of order': sum(({ disorders }) => disorders),
    cuts: sum(({ cuts }) => cuts),
    replayed: replays.length,
    'replay p50, ms': quantile(0.5),
    'replay p99, ms': quantile(0.99),
    'CPU, s': cpuSeconds.toFixed(1),
  };
}
