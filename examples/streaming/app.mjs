/** An app with a language model that is none, its page, and a gateway beside it: `node examples/streaming/app.mjs`. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '../bookshop/child.mjs';

const HOST = '127.0.0.1';
const { PORT = '8000', KITTIWAKE_PORT = '9000', TOKEN_MS = '100' } = process.env;
const GATEWAY = `http://${HOST}:${KITTIWAKE_PORT}`;
const ANSWER =
  'Kittiwakes are gulls of the open sea. They come to land to breed, on cliffs, in towns, and on bridges. ' +
  'They call their own name all day, and whoever goes away and comes back has missed nothing.';

/** @param {string} path */
const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
/** How often the model has run. */
let runs = 0;

/**
 * What a model says, as Server-Sent Events: all that an app needs to do. It stops when its request is closed, which
 * Kittiwake does when the call is cancelled, and not when a page is gone.
 * @param {import('node:http').ServerResponse} response
 * @param {Iterable<unknown>} chunks
 */
async function say(response, chunks) {
  runs++;
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const chunk of chunks) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    await delay(Number(TOKEN_MS));
  }
  response.end();
}

const words = () => ANSWER.split(' ').map((word) => `${word} `);

/** The same as chunks of the AI SDK. */
function* messageChunks() {
  yield { type: 'start' };
  yield { type: 'text-start', id: 'text' };
  for (const delta of words()) yield { type: 'text-delta', id: 'text', delta };
  yield { type: 'text-end', id: 'text' };
  yield { type: 'finish' };
}

/** @type {Record<string, [file: string, type: string]>} */
const FILES = {
  '/': ['public/index.html', 'text/html; charset=utf-8'],
  '/page.js': ['public/page.js', 'text/javascript'],
  '/ai-sdk.js': ['public/ai-sdk.js', 'text/javascript'],
  '/tanstack-ai.js': ['public/tanstack-ai.js', 'text/javascript'],
};

/** @param {string} url @param {import('node:http').ServerResponse} response */
async function answer(url, response) {
  const file = FILES[url];
  if (url === '/model/answer') await say(response, words());
  else if (url === '/model/chat') await say(response, messageChunks());
  else if (url === '/runs') response.end(String(runs));
  else if (file) {
    const text = await readFile(fileOf(file[0]), 'utf8');
    response.writeHead(200, { 'Content-Type': file[1] }).end(text.replaceAll('{{gateway}}', GATEWAY));
  } else response.writeHead(404).end();
}

const server = createServer(({ url = '/' }, response) => void answer(url, response));

/** @param {number} code */
async function stop(code) {
  server.close();
  server.closeAllConnections();
  await gateway.end();
  process.exit(code);
}

await new Promise((resolve) => server.listen(Number(PORT), HOST, () => resolve(undefined)));
const gateway = new Child('kittiwake', fileOf('../../dist/server/main.js'), {
  KITTIWAKE_CONFIG: fileOf('kittiwake.yaml'),
  KITTIWAKE_HOST: HOST,
  KITTIWAKE_PORT,
  KITTIWAKE_OPERATORS_PORT: '0', // any that is free
  KITTIWAKE_LOG_FORMAT: 'pretty',
  KITTIWAKE_LOG_LEVEL: 'warn',
  KITTIWAKE_SHUTDOWN_SPREAD: '0s',
  APP_URL: `http://${HOST}:${PORT}`,
});
process.on('exit', () => gateway.kill());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0));
void gateway.ended.then(() => stop(1));
while (!(await fetch(`${GATEWAY}/health/ready`).catch(() => undefined))?.ok) await delay(100);
console.log(`
  Ask, and reload the page while it answers:  http://${HOST}:${PORT}

  Stop with Ctrl-C.
`);
