import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import { answer, appsOfTest } from '../../../test/support/http-app.js';
import { callersOfTest, rejection } from '../../../test/support/http-callers.js';
import { deferred, eventually } from '../../../test/support/wait.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';

const BODY = '{}' as JsonText;
const FOREVER_MS = 3_600_000;

/** Keeps what is logged, as `level: message`. */
class Recorder implements LoggerService {
  readonly lines: string[] = [];
  log = (message: unknown): unknown => this.lines.push(`log: ${inspect(message)}`);
  error = (message: unknown): unknown => this.lines.push(`error: ${inspect(message)}`);
  warn = (message: unknown): unknown => this.lines.push(`warn: ${String(message)}`);
  debug = (message: unknown): unknown => this.lines.push(`debug: ${String(message)}`);
}

let logged: Recorder;
beforeEach(() => {
  logged = new Recorder();
  Logger.overrideLogger(logged);
});
afterAll(() => Logger.overrideLogger(false));

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

describe('tries of a call', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('end with the first that succeeds', async () => {
    const app = await startApp((response) => {
      answer(response, '{"a": 1}', { status: app.requests.length < 3 ? 500 : 200 });
    });
    await expect(openCaller({ tries: 5 }).call(app.origin, BODY)).resolves.toEqual(new Map([['a', '1']]));
    expect(app.requests).toHaveLength(3);
  });

  it('are as many as set, then the call has failed', async () => {
    const app = await startApp((response) => answer(response, '{}', { status: 500 }));
    const error = await rejection(openCaller({ tries: 4 }).call(`${app.origin}/a`, BODY));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({
      message: `POST ${app.origin}/a: failed after 4 tries: status 500`,
      cause: { message: 'status 500' },
    });
    expect(app.requests).toHaveLength(4);
  });

  it('say what happened last', async () => {
    const app = await startApp((response) => {
      if (app.requests.length < 3) answer(response, '{}', { status: 500 });
      else response.destroy();
    });
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(
      'failed after 3 tries: other side closed',
    );
  });

  it('are not repeated after an answer that is not one', async () => {
    const app = await startApp((response) => answer(response, '[]'));
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(CallbackAnswerError);
    expect(app.requests).toHaveLength(1);
  });

  it('wait in between', async () => {
    const times: number[] = [];
    const app = await startApp((response) => {
      times.push(performance.now());
      answer(response, '{}', { status: 500 });
    });
    await rejection(openCaller({ waitMs: 60 }).call(app.origin, BODY));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(59);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(59);
  });

  it('are not made at what is not a URL', async () => {
    const error = await rejection(openCaller().call('ftp://user:secret@api/', BODY));
    expect(error).toBeInstanceOf(CallbackError);
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  });
});

describe('the wait after status 429', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('is as long as the answer says, and the try counts', async () => {
    const app = await startApp((response) => {
      answer(response, '{}', { status: 429, headers: { 'x-RATE-limit-reset': '0.01' } });
    });
    await expect(openCaller({ waitMs: FOREVER_MS }).call(app.origin, BODY)).rejects.toThrow(
      '3 tries: status 429',
    );
    expect(app.requests).toHaveLength(3);
  });

  it('is not carried on to the next failure', async () => {
    const app = await startApp((response) => {
      const isFirst = app.requests.length === 1;
      answer(
        response,
        '{}',
        isFirst ? { status: 429, headers: { 'x-rate-limit-reset': '0.02' } } : { status: 500 },
      );
    });
    await rejection(openCaller({ waitMs: 3 }).call(app.origin, BODY));
    expect(logged.lines).toEqual([
      expect.stringContaining('try 1 failed, next in 20 ms'),
      expect.stringContaining('try 2 failed, next in 3 ms'),
      expect.stringContaining('warn: '),
    ]);
  });

  it('is the normal one when the answer does not say, or not with the first header', async () => {
    const headers: Record<string, string>[] = [{}, { a: 'soon', b: '0' }, { b: '0' }];
    const app = await startApp((response) =>
      answer(response, '{}', { status: 429, headers: headers.shift()! }),
    );
    await rejection(openCaller({ waitMs: 3, tries: 3, rateLimitHeaders: ['A', 'B'] }).call(app.origin, BODY));
    expect(logged.lines.join()).toMatch(/next in 3 ms.*next in 3 ms/);
  });

  it('is the normal one after another status', async () => {
    const app = await startApp((response) => {
      answer(response, '{}', { status: 503, headers: { 'x-rate-limit-reset': '600' } });
    });
    await rejection(openCaller({ waitMs: 3 }).call(app.origin, BODY));
    expect(app.requests).toHaveLength(3);
  });
});

describe('a cancelled call', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();
  const reason = new Error('the session has ended');

  it('asks nothing when it is cancelled before', async () => {
    const app = await startApp((response) => answer(response));
    const signal = AbortSignal.abort(reason);
    expect(await rejection(openCaller().call(app.origin, BODY, { signal }))).toBe(reason);
    expect(app.connections).toBe(0);
  });

  it('ends the request under way', async () => {
    const ended = deferred();
    const app = await startApp((response) => response.on('close', ended.resolve));
    const cancel = new AbortController();
    const call = rejection(openCaller().call(app.origin, BODY, { signal: cancel.signal }));
    await eventually(() => app.requests.length === 1);
    cancel.abort(reason);
    expect(await call).toBe(reason);
    await ended.promise;
    expect(app.requests).toHaveLength(1);
  });

  it('ends the answer under way', async () => {
    const ended = deferred();
    const app = await startApp((response) => {
      response.on('close', ended.resolve);
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    const cancel = new AbortController();
    const call = rejection(openCaller().call(app.origin, BODY, { signal: cancel.signal }));
    await eventually(() => app.requests.length === 1);
    cancel.abort(reason);
    expect(await call).toBe(reason);
    await ended.promise;
  });

  it('ends the wait between tries and leaves no timer', async () => {
    const app = await startApp((response) => answer(response, '{}', { status: 500 }));
    const cancel = new AbortController();
    const before = timers();
    const call = rejection(
      openCaller({ waitMs: FOREVER_MS }).call(app.origin, BODY, { signal: cancel.signal }),
    );
    await eventually(() => logged.lines.length === 1);
    cancel.abort(reason);
    expect(await call).toBe(reason);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(app.requests).toHaveLength(1);
  });

  it('ends the wait for a free connection', async () => {
    const app = await startApp(() => {});
    const caller = openCaller({ connections: 1 });
    const first = rejection(caller.call(app.origin, BODY));
    await eventually(() => app.requests.length === 1);
    const cancel = new AbortController();
    const second = rejection(caller.call(app.origin, BODY, { signal: cancel.signal }));
    cancel.abort(reason);
    expect(await second).toBe(reason);
    await caller.stop();
    await first;
    expect(app.requests).toHaveLength(1);
  });

  it('is not logged', async () => {
    const app = await startApp(() => {});
    const cancel = new AbortController();
    const call = rejection(openCaller({ tries: 1 }).call(app.origin, BODY, { signal: cancel.signal }));
    await eventually(() => app.requests.length === 1);
    cancel.abort(reason);
    await call;
    expect(logged.lines).toEqual([]);
  });

  it('leaves nothing with its signal, however the call ended', async () => {
    const app = await startApp((response) =>
      answer(response, '{}', { status: app.requests.length > 1 ? 200 : 500 }),
    );
    const { signal } = new AbortController();
    const call = openCaller({ tries: 1 });
    await rejection(call.call(app.origin, BODY, { signal }));
    await call.call(app.origin, BODY, { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a closed caller', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('has no connections', async () => {
    const app = await startApp((response) => answer(response));
    const caller = openCaller();
    await Promise.all([caller.call(app.origin, BODY), caller.call(app.origin, BODY)]);
    expect(app.openConnections).toBe(2);
    await caller.stop();
    await eventually(() => app.openConnections === 0, { timeoutMs: 1_000 }); // Idle ones live longer.
  });

  it('fails the calls under way', async () => {
    const app = await startApp(() => {});
    const caller = openCaller({ waitMs: FOREVER_MS });
    const call = rejection(caller.call(app.origin, BODY));
    await eventually(() => app.requests.length === 1);
    await caller.stop();
    expect(await call).toBeInstanceOf(CallbackError);
  });

  it('fails the calls that wait for their next try', async () => {
    const app = await startApp((response) => answer(response, '{}', { status: 500 }));
    const caller = openCaller({ waitMs: FOREVER_MS });
    const call = rejection(caller.call(app.origin, BODY));
    await eventually(() => logged.lines.length === 1);
    await caller.stop();
    expect(await call).toBeInstanceOf(CallbackError);
  });

  it('asks nothing any more', async () => {
    const app = await startApp((response) => answer(response));
    const caller = openCaller();
    await caller.stop();
    expect(await rejection(caller.call(app.origin, BODY))).toBeInstanceOf(CallbackError);
    expect(app.connections).toBe(0);
  });
});

describe('the log of a call', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('has failed tries at debug and the failure of the call once at warn', async () => {
    const app = await startApp((response) => answer(response, '{}', { status: 500 }));
    await rejection(openCaller().call(`${app.origin}/a?key=k`, BODY));
    expect(logged.lines).toEqual([
      `debug: POST ${app.origin}/a?…: try 1 failed, next in 1 ms: status 500`,
      `debug: POST ${app.origin}/a?…: try 2 failed, next in 1 ms: status 500`,
      `warn: POST ${app.origin}/a?…: failed after 3 tries: status 500`,
    ]);
  });

  it('has nothing of a call that succeeds', async () => {
    const app = await startApp((response) => answer(response));
    await openCaller().call(app.origin, BODY);
    expect(logged.lines).toEqual([]);
  });

  it.each([
    ['status 500', '{}', 500, 'application/json'],
    ['no JSON', 'word4', 200, 'application/json'],
    ['no content type of JSON', 'word4', 200, 'text/html'],
    ['a redirect elsewhere', '', 307, 'application/json'],
  ])('holds no secrets, nor does the error: %s', async (_, text, status, type) => {
    const app = await startApp((response) => {
      const location = 'http://name4:word4@127.0.0.1:9/?word4';
      answer(response, text, {
        status,
        headers: { 'content-type': type, location, 'set-cookie': 'a=word4' },
      });
    });
    const url = `${app.origin.replace('//', '//name1:word1@')}/?key=word2#word2`;
    const error = await rejection(
      openCaller().call(url, BODY, { headers: { authorization: 'Bearer word3' } }),
    );
    const other = await rejection(openCaller().call(url, BODY));
    const told = inspect([error, other, logged.lines], { depth: 99, showHidden: true });
    expect(told).toContain(app.origin);
    expect(told).not.toMatch(/word\d|name\d/);
    expect(told).not.toContain(btoa('name1:word1'));
  });

  it('holds no secrets when the app cannot be reached', async () => {
    const app = await startApp(() => {});
    const url = `${app.origin.replace('//', '//name1:word1@')}/?key=word2`;
    await app.stop();
    const error = await rejection(openCaller().call(url, BODY));
    const told = inspect([error, logged.lines], { depth: 99, showHidden: true });
    expect(told).toContain('ECONNREFUSED');
    expect(told).not.toMatch(/word\d|name\d/);
  });
});
