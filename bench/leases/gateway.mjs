// A gateway of its own process, the app that it asks, and clients that subscribe.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const SERVER = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
/** The unit of times in /proc, in microseconds. */
const TICK_MICROS = 10_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** An app that agrees to everything, and remembers what it is told of ends. */
export async function startApp() {
  const ends = [];
  const server = createHttp(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/end')
      ends.push({ id: request.headers['idempotency-key'], atMs: performance.now(), body: chunks.join('') });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    ends,
    stop: () => server.close(() => server.closeAllConnections()),
  };
}

/** Starts one, ready. */
export async function startGateway(configuration) {
  const folder = await mkdtemp(join(tmpdir(), 'kittiwake-bench-'));
  const port = await freePort();
  await writeFile(join(folder, 'kittiwake.yaml'), JSON.stringify(configuration));
  const env = {
    PATH: process.env.PATH,
    KITTIWAKE_CONFIG: 'kittiwake.yaml',
    KITTIWAKE_PORT: String(port),
    KITTIWAKE_OPERATORS_PORT: '0',
    KITTIWAKE_LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [SERVER], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let isReady = false; !isReady;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    isReady = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    /** The CPU time that it has taken, in microseconds. */
    micros: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
    },
    kill: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Connects so many clients, some at a time, each with its subscriptions. */
export async function connectAll(url, { clients, subscriptions, atOnce = 50 }) {
  const sockets = [];
  let next = 0;
  const connectSome = async () => {
    while (next < clients) {
      const number = next++;
      const socket = new WebSocket(url, { perMessageDeflate: false });
      sockets.push(socket);
      await once(socket, 'open');
      let left = subscriptions;
      const done = new Promise((resolve) => socket.on('message', () => --left === 0 && resolve()));
      for (let topic = 0; topic < subscriptions; topic++)
        socket.send(
          `{"event":"subscribe","subscription":"books.${(number * subscriptions + topic) % 5_000}","n":"${number}"}`,
        );
      await done;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, connectSome));
  return sockets;
}

/** The configuration of a gateway whose app hears of beginnings and ends. */
export function configurationOf(app, redis, ledger, prefix = 'bench:') {
  const services = {
    books: {
      requireAuthentication: false,
      extraFields: ['n'],
      beforeSubscribe: `${app.url}/begin`,
      onUnsubscribe: `${app.url}/end`,
    },
  };
  return {
    services,
    broker: { kind: 'redis', redis: { url: redis.url, prefix } },
    callbacks: { connections: 256 },
    limits: { connectionsPerAddress: 0 },
    ledger,
  };
}
