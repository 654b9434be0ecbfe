/** Starts Kittiwake and the help desk, says where to look, and ends both together. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '../bookshop/child.mjs';

const HOST = '127.0.0.1';
const START_DEADLINE_MS = 20_000;

/** @param {string} path */
const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {Child[]} The app last: Kittiwake still tells it who goes. */
const children = [];
const stopping = new AbortController();

/** @param {number} exitCode @param {string} [reason] */
async function stop(exitCode, reason) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  if (reason) console.error(`\nThe demo stops: ${reason}`);
  else children.forEach((child) => child.mute());
  for (const child of children) await child.end();
  process.exit(exitCode);
}

/** @param {string} name @param {string} file @param {Record<string, string>} env @param {string} url */
async function start(name, file, env, url) {
  const child = new Child(name, fileOf(file), env);
  children.push(child);
  void child.ended.then((how) => stop(1, `${name} ended ${how}.`));
  const deadlineMs = Date.now() + START_DEADLINE_MS;
  while (!stopping.signal.aborted && Date.now() < deadlineMs) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  await stop(1, `${name} was not ready in time (${url}).`);
}

/** The port that we would like, or any free one. @param {number} wanted @returns {Promise<number>} */
function freePort(wanted) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(freePort(0)));
    server.listen(wanted, HOST, () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(port ?? wanted));
    });
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0));
// Whatever ends this process, the children do not outlive it.
process.on('exit', () => children.forEach((child) => child.kill()));

const gateway = `${HOST}:${await freePort(Number(process.env['KITTIWAKE_PORT'] ?? 9000))}`;
const desk = `http://${HOST}:${await freePort(Number(process.env['PORT'] ?? 8000))}`;
const apiKey = randomBytes(24).toString('base64url');
const kittiwakeEnv = {
  KITTIWAKE_CONFIG: fileOf('kittiwake.yaml'),
  KITTIWAKE_HOST: HOST,
  KITTIWAKE_PORT: new URL(`http://${gateway}`).port,
  KITTIWAKE_OPERATORS_PORT: '0', // any that is free
  KITTIWAKE_LOG_FORMAT: 'pretty',
  KITTIWAKE_LOG_LEVEL: 'warn',
  // In production clients are sent away over some seconds, not all at once; here there is a page or two.
  KITTIWAKE_SHUTDOWN_SPREAD: '0s',
  DESK_URL: desk,
  DESK_ORIGIN: desk,
  DESK_API_KEY: apiKey,
};
const deskEnv = {
  HOST,
  PORT: new URL(desk).port,
  GATEWAY_URL: `http://${gateway}`,
  GATEWAY_WS_URL: `ws://${gateway}/ws`,
  GATEWAY_API_KEY: apiKey,
};
await start('kittiwake', '../../dist/server/main.js', kittiwakeEnv, `http://${gateway}/health/ready`);
if (!stopping.signal.aborted) await start('desk', 'app.mjs', deskEnv, `${desk}/login/`);
if (!stopping.signal.aborted) {
  console.log(`
  The help desk is open:  ${desk}
  Sign in as anna (customer 1), ben (customer 2) or carla (every customer); the password is "demo".

  Stop with Ctrl-C.
`);
}
