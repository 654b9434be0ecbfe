import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { KittiwakeAdapter } from '../src/index.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { HANDSHAKE_TEXT } from './support/handshake.js';
import { KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { RawHttp } from './support/raw-http.js';
import { eventually } from './support/wait.js';
import { LiveGateway, WILD_GATEWAYS } from './support/wild-gateways.js';

const FRIEND = 'http://friend.example';
const NONSENSE = 'nonsense';

/** Texts such as `>events` have the events of their own protocol; the others are JSON. */
const messageParser = (data: unknown): { event: string; data: unknown } => {
  const text = String(data);
  const isShort = text.startsWith('>');
  return isShort ? { event: text.slice(1), data: undefined } : (JSON.parse(text) as never);
};

@Module({ providers: WILD_GATEWAYS })
class BareModule {}

const PLATFORMS = {
  Express: (module: new () => object) => NestFactory.create(module, { logger: new KeptLog() }),
  Fastify: (module: new () => object) =>
    NestFactory.create(module, new FastifyAdapter(), { logger: new KeptLog() }),
};

/** The first line of the answer to a handshake whose target and headers go out as they are; `cut` without one. */
async function answerTo({ port }: TestApp, target: string, origin = FRIEND): Promise<string> {
  const raw = await RawHttp.connect({ port, host: '127.0.0.1' });
  const headers = `Origin: ${origin}\r\nSec-WebSocket-Protocol: friend.example\r\n`;
  raw.send(HANDSHAKE_TEXT.replace('/ws', target).replace(/\r\n$/, `${headers}\r\n`));
  await eventually(() => raw.text.includes('\r\n') || raw.isEnded, { what: 'an answer' });
  const line = raw.text.split('\r\n', 1)[0]!;
  raw.stop();
  return line === '' ? 'cut' : line;
}

/** What a client hears that says all of this, until its last message, an echo, is answered. */
async function heard({ port }: TestApp, ...said: unknown[]): Promise<unknown[]> {
  const client = await TestClient.connect(`ws://127.0.0.1:${port}/live`);
  for (const one of said) client.send(one);
  client.send({ event: 'echo', data: 'end' });
  const texts: string[] = [];
  while (!texts.includes('{"event":"echo","data":"end"}')) texts.push(await client.text());
  await client.close();
  return texts.toSorted();
}

async function closeOf({ port }: TestApp, said: unknown): Promise<unknown> {
  const client = await TestClient.connect(`ws://127.0.0.1:${port}/live`);
  return client.send(said).untilClosed();
}

const TARGETS = [
  '/live',
  '/live?a=../b',
  '/live/more',
  '/x/../live',
  '/./live',
  '/%2e/live',
  '/live#x',
  '/live#x?a',
  'http://127.0.0.1/live',
  'ws://elsewhere/live',
  '/LIVE',
  '/live/',
  '/live%2Fmore',
  '/nowhere',
  '//live',
  'http://[/live',
];

/** What an app does with gateways, and what strangers do with it. */
const CASES: Readonly<Record<string, (app: TestApp) => Promise<unknown>>> = {
  'an event is answered': (app) => heard(app, { event: 'echo', data: { a: [1, null] } }),
  'a result comes later': (app) => heard(app, { event: 'late' }),
  'an Observable gives several': (app) => heard(app, { event: 'many' }),
  'a handler sends by itself': (app) => heard(app, { event: 'send' }),
  'a handler sends to all clients': (app) => heard(app, { event: 'all' }),
  'an event without a handler is passed over': (app) => heard(app, { event: 'nothing' }, { event: 7 }, {}),
  'what is no JSON is passed over': (app) => heard(app, 'nonsense', '{', ''),
  'a WsException is told': (app) => heard(app, { event: 'fail', data: 1 }),
  'any other error is hidden': (app) => heard(app, { event: 'break' }),
  'an exception of HTTP is told as Nest does': (app) => heard(app, { event: 'http' }),
  'a guard refuses': (app) => heard(app, { event: 'guarded' }),
  'a pipe converts': (app) => heard(app, { event: 'piped', data: '5' }),
  'a pipe refuses': (app) => heard(app, { event: 'piped', data: 'a' }),
  'an interceptor wraps': (app) => heard(app, { event: 'wrapped' }),
  'a parser of the app reads frames': (app) => heard(app, '>late'),
  'a handler closes': (app) => closeOf(app, { event: 'bye' }),
  'a frame is too large': (app) => closeOf(app, 'a'.repeat(2000)),
  'beginnings and ends are told': async (app) => {
    const { seen } = app.app.get(LiveGateway);
    await eventually(() => seen.length % 2 === 0);
    seen.length = 0;
    await (await TestClient.connect(`ws://127.0.0.1:${app.port}/live?a=1`)).close();
    await eventually(() => seen.includes('left'));
    return seen;
  },
  ...Object.fromEntries(
    TARGETS.map((target) => [`a handshake for ${target}`, (app: TestApp) => answerTo(app, target)]),
  ),
  'verifyClient lets in': (app) => answerTo(app, '/verified', FRIEND),
  'verifyClient refuses': (app) => answerTo(app, '/verified', 'http://other.example'),
  'verifyClient throws': (app) => answerTo(app, '/verified', NONSENSE),
  'verifyClient lets in later': (app) => answerTo(app, '/later', FRIEND),
  'verifyClient refuses later': (app) => answerTo(app, '/later', NONSENSE),
  'handleProtocols throws': (app) => answerTo(app, '/protocols', NONSENSE),
  'handleProtocols agrees': async ({ port }) => {
    const url = `ws://127.0.0.1:${port}/protocols`;
    const client = await TestClient.connect(url, ['other.example', 'friend.example'], { origin: FRIEND });
    await client.close();
    return client.webSocket.protocol;
  },
  'a listener for connections throws': async ({ port }) => {
    const client = await TestClient.connect(`ws://127.0.0.1:${port}/listened`, [], { origin: NONSENSE });
    return (await client.untilClosed()).code;
  },
};

const NOT_FOUND = 'HTTP/1.1 404 Not Found';

/** What differs from Nest's adapter, and why. */
const DIFFERENCES: Readonly<Record<string, { readonly ours: unknown; readonly because: string }>> = {
  ...Object.fromEntries(
    ['/LIVE', '/live/', '/live%2Fmore', '/nowhere', '//live'].map((target) => [
      `a handshake for ${target}`,
      { ours: NOT_FOUND, because: 'who asks for what is not there is told so, not cut off' },
    ]),
  ),
  'a handshake for http://[/live': {
    ours: 'HTTP/1.1 400 Bad Request',
    because: 'the answer is HTTP, with headers and an end',
  },
  'verifyClient throws': {
    ours: 'HTTP/1.1 500 Internal Server Error',
    because: 'a fault of the app is the fault of the server, and its text is for the log',
  },
  'handleProtocols throws': {
    ours: 'HTTP/1.1 500 Internal Server Error',
    because: 'a fault of the app is the fault of the server, and its text is for the log',
  },
};

describe.each(['Express', 'Fastify'] as const)(
  'the gateways of an app on %s are as with WsAdapter:',
  (name) => {
    const stopped = stoppedAfterAll();
    let theirs: TestApp;
    let ours: TestApp;
    beforeAll(async () => {
      const bare = await PLATFORMS[name](BareModule);
      bare.useWebSocketAdapter(new WsAdapter(bare, { messageParser }));
      theirs = stopped(await TestApp.listen(bare));
      const app = await PLATFORMS[name](moduleOf({ providers: WILD_GATEWAYS }));
      app.useWebSocketAdapter(new KittiwakeAdapter(app, { messageParser }));
      ours = stopped(await TestApp.listen(app));
    });

    it.each(Object.entries(CASES))('%s', async (title, happens) => {
      const [expected, actual] = [await happens(theirs), await happens(ours)];
      const difference = DIFFERENCES[title];
      expect(actual).toEqual(difference ? difference.ours : expected);
      if (difference) expect(expected).not.toEqual(difference.ours);
    });
  },
);

describe.each(['Express', 'Fastify'] as const)('in an app on %s where others listen for upgrades', (name) => {
  const stopped = stoppedAfterEach();

  async function start(handshakeTimeout: string): Promise<TestApp> {
    const options = { ...OPTIONS, limits: { handshakeTimeout } };
    const app = await PLATFORMS[name](moduleOf({ providers: [LiveGateway] }, options));
    app.useWebSocketAdapter(new KittiwakeAdapter(app));
    const listening = stopped(await TestApp.listen(app));
    (app.getHttpServer() as Server).on('upgrade', ({ url }: IncomingMessage, socket: Duplex) => {
      if (url === '/theirs') socket.end('HTTP/1.1 418 Theirs\r\n\r\n');
      if (url === '/tunnel') socket.on('data', () => undefined).once('end', () => socket.end());
    });
    return listening;
  }

  it('a handshake that nobody takes has its answer in time', async () => {
    const app = await start('100ms');
    expect(await answerTo(app, '/nowhere')).toBe(NOT_FOUND);
    expect(await answerTo(app, '/theirs')).toBe('HTTP/1.1 418 Theirs');
    expect(await answerTo(app, '/live')).toBe('HTTP/1.1 101 Switching Protocols');
  });

  it('a handshake that somebody reads is theirs', async () => {
    const app = await start('50ms');
    const { port } = app;
    const taken = await RawHttp.connect({ port, host: '127.0.0.1' });
    taken.send(HANDSHAKE_TEXT.replace('/ws', '/tunnel'));
    expect(await answerTo(app, '/nowhere')).toBe(NOT_FOUND);
    expect(await answerTo(app, '/nowhere')).toBe(NOT_FOUND);
    expect([taken.text, taken.isEnded]).toEqual(['', false]);
    taken.stop();
  });

  it('the app closes although nobody takes one', async () => {
    const app = await start('1h');
    const raw = await RawHttp.connect({ port: app.port, host: '127.0.0.1' });
    const asked = once(app.app.getHttpServer() as Server, 'upgrade');
    raw.send(HANDSHAKE_TEXT.replace('/ws', '/nowhere'));
    await asked;
    await app.stop();
    expect((await raw.answer()).statusLine).toBe(NOT_FOUND);
  });

  it('a request that asks for another protocol is answered as if it had not', async () => {
    const { port } = await start('1h');
    const raw = await RawHttp.connect({ port, host: '127.0.0.1' });
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
    expect((await raw.request({ path: '/health/live', headers }).answer()).status).toBe(200);
    raw.stop();
  });
});
