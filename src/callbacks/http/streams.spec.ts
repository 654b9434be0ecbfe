import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { answer, appsOfTest } from '../../../test/support/http-app.js';
import { callersOfTest, rejection } from '../../../test/support/http-callers.js';
import { deferred, eventually } from '../../../test/support/wait.js';
import { CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { StreamedAnswer, StreamRequest } from '../stream-requester.js';
import { parseCallbackUrl } from './callback-url.js';

const BODY = '{"procedure": "add"}' as JsonText;

beforeAll(() => Logger.overrideLogger(false));

function request(url: string, rest: Partial<StreamRequest> = {}): StreamRequest {
  return { url, body: BODY, headers: {}, signal: new AbortController().signal, ...rest };
}

async function textOf({ body }: StreamedAnswer): Promise<string> {
  let text = '';
  for await (const chunk of body) text += chunk.toString();
  return text;
}

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('an answer', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('is there as soon as it begins, whatever its status', async () => {
    const begun = deferred<ServerResponse>();
    const app = await startApp((response) => {
      response.writeHead(418, { 'content-type': 'Text/Plain; charset=x' }).flushHeaders();
      begun.resolve(response);
    });
    const answer = await openCaller().open(request(app.origin, { headers: { 'X-Key': 'k' } }));
    expect(answer).toMatchObject({ status: 418, mediaType: 'text/plain', isDelimited: true });
    (await begun.promise).end('late');
    await expect(textOf(answer)).resolves.toBe('late');
    expect(app.requests).toMatchObject([{ method: 'POST', body: BODY, headers: { 'x-key': 'k' } }]);
  });

  it('that was read to its end leaves its connection for the next', async () => {
    const app = await startApp((response) => answer(response));
    const caller = openCaller({ streamConnections: 1 });
    for (let count = 0; count < 3; count++) await textOf(await caller.open(request(app.origin)));
    expect(app.connections).toBe(1);
  });

  it('is that of where the app redirects to', async () => {
    const target = await startApp((response) => answer(response, '"there"'));
    const app = await startApp((response) => response.writeHead(307, { location: target.origin }).end());
    const headers = { authorization: 'Bearer key' };
    const caller = openCaller({ redirectOrigins: [target.origin] });
    await expect(textOf(await caller.open(request(app.origin, { headers })))).resolves.toBe('"there"');
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
    await expect(openCaller().open(request(app.origin))).rejects.toThrow('redirectOrigins does not allow');
  });

  it('has to begin in time, and then may take its time', async () => {
    const ended = deferred();
    const app = await startApp((response, { path }) => {
      if (path === '/never') {
        response.on('close', ended.resolve);
        return;
      }
      response.writeHead(200).flushHeaders();
      setTimeout(() => response.end('late'), 700);
    });
    const caller = openCaller({ timeoutMs: 500 });
    await expect(textOf(await caller.open(request(app.origin)))).resolves.toBe('late');
    const late = rejection(caller.open(request(`${app.origin}/never`)));
    await expect(late).resolves.toBeInstanceOf(CallbackError);
    await ended.promise;
    expect(app.requests).toHaveLength(2);
  });

  it('may have a time limit of its own, or none', async () => {
    const app = await startApp((response) => void setTimeout(() => answer(response, '1'), 700));
    const caller = openCaller({ timeoutMs: 500 });
    await expect(caller.open(request(app.origin, { timeoutMs: 10 }))).rejects.toThrow('within 10 ms');
    await expect(textOf(await caller.open(request(app.origin, { timeoutMs: 0 })))).resolves.toBe('1');
  });
});

describe('a connection', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('is tried again when there is none', async () => {
    const port = await closedPort();
    const url = `http://127.0.0.1:${port}/add`;
    const error = await rejection(openCaller({ tries: 2 }).open(request(url)));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toHaveProperty('message', `POST ${url}: connect ECONNREFUSED 127.0.0.1:${port}`);
    const failed = deferred<unknown>();
    subscribe('undici:client:connectError', failed.resolve);
    const opened = openCaller({ tries: 100, waitMs: 10, streamConnections: 1 }).open(request(url));
    await failed.promise;
    unsubscribe('undici:client:connectError', failed.resolve);
    const server = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
    server.listen(port, '127.0.0.1');
    await expect(opened).resolves.toMatchObject({ status: 204 });
    server.close();
  });

  it.each(['http+unix://%2Fnowhere.sock/add', 'http://nowhere.invalid/add'])(
    'is tried again to %s',
    async (url) => {
      const debug = jest.spyOn(Logger.prototype, 'debug');
      await rejection(openCaller({ tries: 3 }).open(request(url)));
      expect(debug).toHaveBeenCalledTimes(2);
      debug.mockRestore();
    },
  );

  it('that ends before the answer is not tried again: the app may have done what it was told', async () => {
    const app = await startApp((response) => response.destroy());
    await expect(openCaller().open(request(app.origin))).rejects.toBeInstanceOf(CallbackError);
    expect(app.requests).toHaveLength(1);
  });

  it('of an answer that goes on keeps no other request waiting', async () => {
    const app = await startApp((response, { path }) => {
      if (path === '/call') answer(response, '{}');
      else response.writeHead(200).flushHeaders();
    });
    const caller = openCaller({ connections: 1, streamConnections: 2, queueTimeoutMs: 500 });
    const streams = [await caller.open(request(app.origin)), await caller.open(request(app.origin))];
    await expect(caller.call(`${app.origin}/call`, BODY)).resolves.toEqual(new Map());
    await expect(caller.open(request(app.origin))).rejects.toThrow('no connection was free within 500 ms');
    streams[0]!.end();
    await expect(caller.open(request(app.origin))).resolves.toMatchObject({ status: 200 });
  });
});

describe('the end of a request', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it.each(['header', 'body'])(
    'comes at once when its signal is aborted before the %s is there',
    async (part) => {
      const asked = deferred();
      const ended = deferred();
      const app = await startApp((response) => {
        response.on('close', ended.resolve);
        if (part === 'body') response.writeHead(200).write('begun');
        asked.resolve();
      });
      const controller = new AbortController();
      const opened = openCaller().open(request(app.origin, { signal: controller.signal }));
      const error = rejection(opened.then(textOf));
      await asked.promise;
      if (part === 'body') await opened;
      controller.abort(new Error('enough'));
      await expect(error).resolves.toHaveProperty('message', 'enough');
      await ended.promise;
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('comes at once when it waits for a connection, and then nothing is left of it', async () => {
    const app = await startApp((response) => response.writeHead(200).flushHeaders());
    const caller = openCaller({ streamConnections: 1 });
    const first = await caller.open(request(app.origin));
    const controller = new AbortController();
    const opened = caller.open(request(app.origin, { signal: controller.signal }));
    const next = caller.open(request(`${app.origin}/next`));
    controller.abort(new Error('enough'));
    await expect(opened).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    // What is in the queue of the pool stays there until it has a connection.
    expect(caller['streams']['app'].pools.to(parseCallbackUrl(app.origin)!).stats.queued).toBe(0);
    first.end();
    await next;
    expect(app.requests.map(({ path }) => path)).toEqual(['/', '/next']);
  });

  it.each(['an answer', 'no connection'])('leaves nothing on a signal after %s', async (outcome) => {
    const app = await startApp((response) => answer(response));
    const { signal } = new AbortController();
    const url = outcome === 'an answer' ? app.origin : `http://127.0.0.1:${await closedPort()}`;
    await openCaller()
      .open(request(url, { signal }))
      .then(textOf)
      .catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('comes when nobody wants more of the answer', async () => {
    let ends = 0;
    const app = await startApp((response) => {
      response.on('close', () => ends++);
      response.writeHead(200).write('begun');
    });
    const caller = openCaller();
    const { signal } = new AbortController();
    const unread = await caller.open(request(app.origin, { signal }));
    const read = await caller.open(request(app.origin, { signal }));
    unread.end();
    for await (const chunk of read.body) {
      expect(chunk.toString()).toBe('begun');
      break;
    }
    await eventually(() => ends === 2, { timeoutMs: 1000 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('comes when the gateway stops', async () => {
    const app = await startApp((response) => void response.writeHead(200).write('begun'));
    const caller = openCaller();
    const read = textOf(await caller.open(request(app.origin)));
    await Promise.all([caller.stop(), expect(read).rejects.toThrow('the gateway stops')]);
    await expect(caller.open(request(app.origin))).rejects.toBeInstanceOf(CallbackError);
  });
});
