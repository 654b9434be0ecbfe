// What the console costs the gateway: its CPU while clients are connected and publications come, with nobody looking, with each
// view of the console asking as often as its page does, and with a topic followed. Needs the build.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { end, start } from './child.mjs';
import { freePort, listening } from './ports.mjs';
import { usageOf } from './process-usage.mjs';
import { median } from './statistics.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '2000' },
    topics: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '8' },
  },
});
const [rounds, clients, topics, seconds] = ['rounds', 'clients', 'topics', 'seconds'].map((name) =>
  Number(values[name]),
);
const PUBLICATIONS_PER_SECOND = 50;
const API_KEY = 'a-key-of-the-benchmark';
const [port, operatorsPort] = [await freePort(), await freePort()];

const child = start([process.execPath, 'dist/server/main.js'], {
  environment: {
    KITTIWAKE_PORT: `${port}`,
    KITTIWAKE_OPERATORS_PORT: `${operatorsPort}`,
    KITTIWAKE_PUBLISH_API_KEYS: API_KEY,
    KITTIWAKE_CONFIG: 'bench/kittiwake.yaml',
    KITTIWAKE_LOG_LEVEL: 'warn',
  },
});
await listening(child, port, { label: 'the gateway', deadlineMs: 20_000 });

const sockets = [];
for (let made = 0; made < clients; made++) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.on('message', () => undefined);
  socket.send(JSON.stringify({ event: 'subscribe', subscription: `bench.${made % topics}` }));
  sockets.push(socket);
}

let published = 0;
const publishing = setInterval(() => {
  const body = JSON.stringify({ subscription: `bench.${published++ % topics}`, data: { price: published } });
  void fetch(`http://127.0.0.1:${port}/publish`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${API_KEY}` },
    body,
  }).then((response) => response.arrayBuffer());
}, 1_000 / PUBLICATIONS_PER_SECOND);

const ask = async (path) =>
  (await fetch(`http://127.0.0.1:${operatorsPort}/console/api/${path}`)).arrayBuffer();

/** As the page asks: each with the seconds between. */
const VIEWS = {
  closed: [],
  overview: [
    [2, 'nodes'],
    [6, 'topics?sort=rate&limit=6'],
    [6, 'refusals'],
  ],
  connections: [[5, 'connections?limit=50']],
  topics: [[3, 'topics?limit=100']],
  callbacks: [[3, 'callbacks']],
  refusals: [[3, 'refusals']],
  tail: [],
  'closed again': [],
};

/** The share of one core that the gateway takes. */
async function measured(view) {
  const leave = new AbortController();
  if (view === 'tail') {
    const url = `http://127.0.0.1:${operatorsPort}/console/api/tail?topic=bench.0`;
    void fetch(url, { signal: leave.signal })
      .then((response) => response.text())
      .catch(() => undefined);
  }
  const timers = VIEWS[view].map(([everyS, path]) => {
    void ask(path);
    return setInterval(() => void ask(path), everyS * 1_000);
  });
  await delay(500);
  const before = usageOf(child.pid).cpuSeconds;
  await delay(seconds * 1_000);
  const used = usageOf(child.pid).cpuSeconds - before;
  for (const timer of timers) clearInterval(timer);
  leave.abort();
  return (100 * used) / seconds;
}

const taken = Object.fromEntries(Object.keys(VIEWS).map((view) => [view, []]));
await delay(3_000);
for (let round = 0; round < rounds; round++)
  for (const view of Object.keys(VIEWS)) taken[view].push(await measured(view));

const idle = median([...taken.closed, ...taken['closed again']]);
console.log(
  `${clients} clients, ${topics} topics, ${PUBLICATIONS_PER_SECOND} publications per second; ${rounds} rounds of ${seconds} s`,
);
for (const [view, shares] of Object.entries(taken)) {
  const share = median(shares);
  const more = share - idle;
  console.log(
    `${view.padEnd(13)} ${share.toFixed(2)} % of a core, ${more < 0 ? '-' : '+'}${Math.abs(more).toFixed(2)}`,
  );
}
clearInterval(publishing);
for (const socket of sockets) socket.terminate();
await end(child);
