import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { answer, appsOfTest } from '../../test/support/http-app.js';
import { callersOfTest, rejection } from '../../test/support/http-callers.js';
import { eventually } from '../../test/support/wait.js';
import { CallbackError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';

const BODY = '{}' as JsonText;

beforeAll(() => Logger.overrideLogger(false));

describe('the wait for a connection', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  // When an app took a second for each of 8,000 callbacks, 824 of 2,000 clients were told that it is unavailable.
  it('is no part of the time that the app may take', async () => {
    const app = await startApp((response) => void setTimeout(() => answer(response), 100));
    const caller = openCaller({ connections: 1, timeoutMs: 1_000, tries: 1 });
    await Promise.all(Array.from({ length: 15 }, () => caller.call(app.origin, BODY)));
    await Promise.all(
      Array.from({ length: 15 }, () => caller.request({ method: 'GET', url: app.origin, headers: {} })),
    );
    expect(app.requests).toHaveLength(30);
  });

  it('is shared among services, and among the clients of one', async () => {
    const held: ServerResponse[] = [];
    const app = await startApp((response) => held.push(response));
    const caller = openCaller({ connections: 1 });
    const [a, b] = [{}, {}];
    const ask = (path: string, service: string, client: object): Promise<unknown> =>
      caller.call(`${app.origin}/${path}`, BODY, { service, client });
    const all = [
      ask('a1', 'books', a),
      ask('a2', 'books', a),
      ask('a3', 'books', a),
      ask('b1', 'books', b),
      caller.request({ method: 'GET', url: `${app.origin}/room`, headers: {}, service: 'rooms', client: b }),
    ];
    for (let count = 1; count <= all.length; count++) {
      await eventually(() => app.requests.length === count);
      answer(held.shift()!);
    }
    await Promise.all(all);
    expect(app.requests.map(({ path }) => path)).toEqual(['/a1', '/a2', '/room', '/b1', '/a3']);
  });

  it('is not for more than may wait, nor for longer, and such a call is not tried again', async () => {
    const app = await startApp(() => {});
    const caller = openCaller({ connections: 1, queue: 1, queueTimeoutMs: 30 });
    const first = rejection(caller.call(app.origin, BODY));
    const second = rejection(caller.call(app.origin, BODY));
    const third = await rejection(caller.call(app.origin, BODY));
    expect(third).toBeInstanceOf(CallbackError);
    expect(third).toHaveProperty('message', `POST ${app.origin}/: not sent: 1 wait for a connection already`);
    expect(caller.waiting.count).toBe(1);
    expect(await second).toHaveProperty(
      'message',
      `POST ${app.origin}/: not sent: no connection was free within 30 ms`,
    );
    expect(caller.waiting).toEqual({ count: 0, sinceMs: undefined });
    await caller.stop();
    await first;
  });

  it('is over for a call that is withdrawn; what was sent goes on', async () => {
    const held: ServerResponse[] = [];
    const app = await startApp((response) => held.push(response));
    const caller = openCaller({ connections: 1 });
    const withdrawal = new AbortController();
    const options = { withdrawal: withdrawal.signal };
    const sent = caller.call(app.origin, BODY, options);
    const waiting = rejection(caller.call(app.origin, BODY, options));
    await eventually(() => held.length === 1);
    withdrawal.abort(new Error('gone'));
    expect(await waiting).toHaveProperty('message', 'gone');
    answer(held[0]!, '{"a": 1}');
    await expect(sent).resolves.toEqual(new Map([['a', '1']]));
    expect(app.requests).toHaveLength(1);
  });

  it('is not held up by a call that waits for its next try', async () => {
    const app = await startApp((response, { path }) =>
      answer(response, '{}', { status: path === '/away' ? 500 : 200 }),
    );
    const caller = openCaller({ connections: 1, waitMs: 3_600_000 });
    const away = rejection(caller.call(`${app.origin}/away`, BODY));
    expect(await caller.call(`${app.origin}/here`, BODY)).toEqual(new Map());
    await caller.stop();
    await away;
  });
});

describe('a wait between tries', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('is longer by a random part of the jitter', async () => {
    const waits: string[] = [];
    Logger.overrideLogger({
      log: () => {},
      error: () => {},
      warn: () => {},
      debug: (text: string) => waits.push(/next in (\d+) ms/.exec(text)![1]!),
    });
    const app = await startApp((response) => answer(response, '{}', { status: 500 }));
    await rejection(openCaller({ tries: 20, waitMs: 5, waitJitterMs: 1_000 }).call(app.origin, BODY));
    Logger.overrideLogger(false);
    expect(waits).toHaveLength(19);
    expect(Math.min(...waits.map(Number))).toBeGreaterThanOrEqual(5);
    expect(Math.max(...waits.map(Number))).toBeLessThanOrEqual(10);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
