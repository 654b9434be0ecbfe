/**
 * Clients side by side, in virtual time and over a virtual network: what a page has to load, how soon the first message is there,
 * how soon a dead network is noticed, and what a herd does whose server is away. No figure depends on this machine.
 */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseArgs } from 'node:util';
import vm from 'node:vm';
import { build } from 'esbuild';
import { CONTESTANTS } from './contestants.mjs';
import { VirtualNetwork } from './virtual-network.mjs';
import { VirtualTime } from './virtual-time.mjs';

const HELP = `Usage: node bench/clients/main.mjs [flags]

  --clients N   of the herd (10000)
  --away N      seconds for which its server is away (30)
  --help
`;
const RTT_MS = 50;
const SETTLE_MS = 60_000;
const DEAD_MS = 120_000;
const BURST_MS = 100;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    away: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}

/** What a page loads, in one file; as a script, it leaves its exports in the global `page`. */
async function bundled(file, format) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, file)],
    bundle: true,
    minify: true,
    write: false,
    format,
    ...(format === 'iife' && { globalName: 'page' }),
    target: 'es2022',
    platform: 'browser',
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** A page that has a client, at the beginning of its time. */
async function pageOf({ file, server }) {
  const time = new VirtualTime();
  const network = new VirtualNetwork(time, pinging(server, time), RTT_MS);
  const quiet = { log() {}, info() {}, debug() {}, warn() {}, error() {} };
  const globals = {
    ...time.globals,
    AbortController,
    AbortSignal,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    queueMicrotask,
    WebSocket: network.WebSocket,
    console: quiet,
  };
  const context = vm.createContext(globals);
  vm.runInContext('globalThis.self = globalThis;', context);
  const script = `${await bundled(`pages/${file}`, 'iife')}; globalThis.page = page;`;
  vm.runInContext(script, context);
  return { time, network, follow: context.page.follow };
}

function pinging(server, time) {
  if (server.pingMs === undefined) return server;
  const again = (socket) =>
    time.after(server.pingMs, () => {
      if (socket.readyState !== 1) return;
      server.ping(socket);
      again(socket);
    });
  return {
    ...server,
    opened(socket) {
      server.opened(socket);
      again(socket);
    },
  };
}

async function firstMessage(contestant) {
  const { time, follow } = await pageOf(contestant);
  let atMs;
  follow({ onMessage: () => (atMs ??= time.nowMs), onConnected() {} });
  await time.advance(SETTLE_MS);
  return atMs;
}

/** How long a client takes its connection for a good one when nothing comes any more, at worst of when that begins. */
async function silence(contestant) {
  let worst = 0;
  for (let offset = 0; offset < 30_000; offset += 1_000) {
    const { time, network, follow } = await pageOf(contestant);
    let atMs;
    const onConnected = (isConnected) => {
      if (!isConnected && network.isDead) atMs ??= time.nowMs;
    };
    follow({ onMessage() {}, onConnected });
    await time.advance(SETTLE_MS + offset);
    const fromMs = time.nowMs;
    network.isDead = true;
    await time.advance(DEAD_MS);
    worst = Math.max(worst, (atMs ?? Infinity) - fromMs);
  }
  return worst;
}

/** A herd that is connected, at the moment when its server ends all connections. */
async function herdOf(contestant, clients, isThere) {
  const { time, network, follow } = await pageOf(contestant);
  for (let index = 0; index < clients; index++) follow({ onMessage() {}, onConnected() {} });
  await time.advance(SETTLE_MS);
  if (network.connections !== clients)
    throw new Error(`${contestant.name}: ${network.connections} are connected`);
  network.tries.length = 0;
  network.isThere = isThere;
  network.cut(contestant.restart);
  return { time, network, fromMs: time.nowMs };
}

/** The server is back at once: each client tries once. @returns the most tries within {@link BURST_MS}. */
async function restart(contestant, clients) {
  const { time, network } = await herdOf(contestant, clients, true);
  await time.advance(SETTLE_MS);
  return busiest(network.tries, BURST_MS);
}

/** The server is away for a while. */
async function outage(contestant, clients, awayMs) {
  const { time, network, fromMs } = await herdOf(contestant, clients, false);
  await time.advance(awayMs);
  const away = network.tries.map((at) => at - fromMs);
  network.isThere = true;
  const lastMs = 10_000;
  return {
    perSecond: away.filter((at) => at >= awayMs - lastMs).length / (lastMs / 1000),
    peak: busiest(away, 1000),
    allBackMs: await untilBack(time, network, clients, 120_000),
  };
}

async function untilBack(time, network, clients, mostMs) {
  const fromMs = time.nowMs;
  while (network.connections < 0.99 * clients && time.nowMs - fromMs < mostMs) await time.advance(100);
  return network.connections < 0.99 * clients ? Infinity : time.nowMs - fromMs;
}

function busiest(times, widthMs) {
  const counts = new Map();
  for (const at of times)
    counts.set(Math.floor(at / widthMs), (counts.get(Math.floor(at / widthMs)) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

const seconds = (ms) => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'never');
const clients = Number(values.clients);
console.log(
  `| client | gzip | first message | dead network noticed | first tries in the busiest 100 ms | tries a second, busiest | after ${values.away - 10} s | 99 % back |`,
);
console.log('| --- | --: | --: | --: | --: | --: | --: | --: |');
for (const contestant of CONTESTANTS) {
  const bytes = gzipSync(await bundled(`smallest/${contestant.file}`, 'esm'), { level: 9 }).length;
  const first = await firstMessage(contestant);
  const dead = await silence(contestant);
  const burst = await restart(contestant, clients);
  const { peak, perSecond, allBackMs } = await outage(contestant, clients, Number(values.away) * 1000);
  const cells = [
    contestant.name,
    `${bytes.toLocaleString('en')} B`,
    `${first} ms`,
    seconds(dead),
    `${((100 * burst) / clients).toFixed(1)} %`,
    peak.toLocaleString('en'),
    Math.round(perSecond).toLocaleString('en'),
    seconds(allBackMs),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
