/** Starts Kittiwake and the bookshop, says where to look, and ends both together. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const HOST = '127.0.0.1';
const START_DEADLINE_MS = 20_000;

const gatewayFile = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
const appFile = fileURLToPath(new URL('app.mjs', import.meta.url));
const configFile = fileURLToPath(new URL('kittiwake.yaml', import.meta.url));

/** @type {Child[]} The app last: Kittiwake still asks it while it ends its sessions. */
const children = [];
const stopping = new AbortController();

/** @param {number} exitCode */
async function stop(exitCode) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  // Asked to stop, all is well: that the one cannot reach the other any more is nothing to tell.
  if (exitCode === 0) children.forEach((child) => child.mute());
  for (const child of children) await child.end();
  process.exit(exitCode);
}

/** @param {string} reason */
function fail(reason) {
  if (stopping.signal.aborted) return;
  console.error(`\nThe demo stops: ${reason}`);
  void stop(1);
}

/** @param {string} name @param {string} file @param {Record<string, string>} env */
function start(name, file, env) {
  const child = new Child(name, file, env);
  children.push(child);
  void child.ended.then((how) => fail(`${name} ended ${how}.`));
}

/** @param {string} name @param {string} url */
async function ready(name, url) {
  const deadlineMs = Date.now() + START_DEADLINE_MS;
  while (!stopping.signal.aborted && Date.now() < deadlineMs) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  fail(`${name} was not ready within ${START_DEADLINE_MS / 1000} seconds (${url}).`);
}

/** The port that we would like, or any free one. @param {number} wanted @returns {Promise<number>} */
function freePort(wanted) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      wanted === 0 ? reject(new Error('There is no free port.')) : resolve(freePort(0)),
    );
    server.listen(wanted, HOST, () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

async function main() {
  if (!existsSync(gatewayFile)) return fail('Kittiwake is not built yet. Run "npm run build" first.');
  const gatewayPort = await freePort(Number(process.env['KITTIWAKE_PORT'] ?? 9000));
  const appPort = await freePort(Number(process.env['PORT'] ?? 8000));
  const apiKey = randomBytes(24).toString('base64url');
  const password = randomBytes(24).toString('base64url');
  const origin = `http://${HOST}:${appPort}`;

  start('kittiwake', gatewayFile, {
    KITTIWAKE_CONFIG: configFile,
    KITTIWAKE_HOST: HOST,
    KITTIWAKE_PORT: String(gatewayPort),
    KITTIWAKE_OPERATORS_PORT: '0', // any that is free
    KITTIWAKE_LOG_FORMAT: 'pretty',
    KITTIWAKE_LOG_LEVEL: 'warn',
    // In production clients are sent away over some seconds, not all at once; here there is a page or two.
    KITTIWAKE_SHUTDOWN_SPREAD: '0s',
    BOOKSHOP_API_KEY: apiKey,
    BOOKSHOP_URL: `http://kittiwake:${password}@${HOST}:${appPort}`,
    BOOKSHOP_ORIGIN: origin,
  });
  await ready('kittiwake', `http://${HOST}:${gatewayPort}/health/ready`);
  if (stopping.signal.aborted) return;
  start('bookshop', appFile, {
    HOST,
    PORT: String(appPort),
    GATEWAY_URL: `http://${HOST}:${gatewayPort}`,
    GATEWAY_WS_URL: `ws://${HOST}:${gatewayPort}/ws`,
    GATEWAY_API_KEY: apiKey,
    BOOKSHOP_CALLBACK_PASSWORD: password,
    BOOKSHOP_ORIGIN: origin,
  });
  await ready('bookshop', `${origin}/health`);
  if (!stopping.signal.aborted) console.log(greeting(origin));
}

/** @param {string} origin */
function greeting(origin) {
  return `
  The bookshop is open:  ${origin}
  Open it twice and edit a book, or change one from a terminal:

    curl -X PUT ${origin}/api/books/1 -H 'content-type: application/json' -d '{"price": 7.5}'

  Stop with Ctrl-C.
`;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0));
// Whatever ends this process, the children do not outlive it.
process.on('exit', () => children.forEach((child) => child.kill()));
await main();
