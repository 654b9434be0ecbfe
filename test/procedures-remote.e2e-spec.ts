import type { ServerResponse } from 'node:http';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Calls } from '../src/procedures/calls/calls.js';
import { Procedures } from '../src/procedures/procedures.js';
import type { CallAnswer } from '../src/procedures/calls/running-call.js';
import { CallbackError } from '../src/protocol/errors.js';
import { membersOf, type JsonMembers } from '../src/protocol/json/json.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { answer, type AppHandler, appsOfTest, type HttpApp } from './support/http-app.js';
import { rejection } from './support/http-callers.js';
import { deferred, eventually } from './support/wait.js';

type ProceduresOptions = NonNullable<KittiwakeOptions['procedures']>;
type RemoteOptions = NonNullable<ProceduresOptions['remote']>[string];

const startApp = appsOfTest();
const stopped = stoppedAfterEach();

interface CallOptions {
  readonly positional?: readonly unknown[];
  readonly named?: Readonly<Record<string, unknown>>;
  readonly identity?: JsonMembers;
  readonly signal?: AbortSignal;
}

/** A gateway with a procedure `add` that is an endpoint of an app. */
class RemoteAdd {
  private constructor(
    readonly app: HttpApp,
    readonly gateway: TestGateway,
  ) {}

  static async start(
    handler: AppHandler,
    remote: Partial<RemoteOptions> = {},
    procedures: ProceduresOptions = {},
    callbacks: KittiwakeOptions['callbacks'] = {},
  ): Promise<RemoteAdd> {
    const app = await startApp(handler);
    const add = { url: `${app.origin}/add`, public: true, ...remote };
    const gateway = await TestGateway.start({ callbacks, procedures: { ...procedures, remote: { add } } });
    return new RemoteAdd(app, stopped(gateway));
  }

  call({ positional = [], named = {}, identity, signal }: CallOptions = {}): Promise<CallAnswer> {
    return this.gateway.app.get(Calls, { strict: false }).call({
      name: 'add',
      given: { positional, named: new Map(Object.entries(named)) },
      origin: { identity, isService: false },
      signal: signal ?? new AbortController().signal,
    });
  }

  async stream(options?: CallOptions): Promise<AsyncIterator<unknown, unknown, void>> {
    const answer = await this.call(options);
    if (!('stream' in answer)) throw new Error('there is no stream');
    return answer.stream;
  }

  measured(outcome: string): Promise<number> {
    const labels = { service: 'procedures', callback: 'add', outcome };
    return this.gateway.metric('kittiwake_callback_seconds_count', labels);
  }
}

/** Begins a stream of lines. */
function begin(response: ServerResponse, text = ''): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  if (text !== '') response.write(text);
}

describe('a procedure of the app', () => {
  it('is asked with converted parameters and the identity, and gives its result', async () => {
    const add = await RemoteAdd.start((response) => answer(response, '{"sum": 12345678901234567893}'), {
      public: false,
      parameters: ['a:int', 'b:int', 'c?'],
      headers: { 'X-Key': 'k' },
    });
    const identity = membersOf('{"user_id": 12345678901234567890, "score": 1.0}');
    await expect(add.call({ positional: ['0x2'], named: { b: '1' }, identity })).resolves.toEqual({
      value: { sum: 12345678901234567893n },
    });
    expect(add.app.requests).toMatchObject([{ method: 'POST', path: '/add', headers: { 'x-key': 'k' } }]);
    expect(add.app.requests[0]?.body).toBe(
      '{"procedure":"add","params":{"a":2,"b":1},"args":[],"identity":{"user_id":12345678901234567890,"score":1.0}}',
    );
    await expect(add.call({ positional: [1, 2] })).rejects.toMatchObject({ code: 'procedure_undefined' });
    await expect(add.call({ identity })).rejects.toMatchObject({ code: 'arguments_mismatch' });
    expect(add.app.requests).toHaveLength(1);
  });

  it('is asked with anything, where the configuration does not list its parameters', async () => {
    const add = await RemoteAdd.start((response) => answer(response, '3'));
    await add.call({ positional: [1, '2'], named: { x: Buffer.from('hi') } });
    expect(add.app.requests[0]?.body).toBe(
      '{"procedure":"add","params":{"x":{"__base64__":"aGk="}},"args":[1,"2"],"identity":null}',
    );
  });

  it('is known to help', async () => {
    const add = await RemoteAdd.start(() => undefined, {
      description: 'Adds.',
      parameters: ['a'],
      stream: true,
    });
    expect(add.gateway.app.get(Procedures, { strict: false }).find('add')?.signature).toMatchObject({
      name: 'add',
      description: 'Adds.',
      access: 'public',
      isStream: true,
    });
  });

  it('is counted by what becomes of it', async () => {
    const handlers: AppHandler[] = [
      (response) => answer(response, '1'),
      (response) => answer(response, '{"error": "no"}', { status: 400 }),
      (response) => answer(response, 'oops', { status: 500 }),
      (response) => answer(response, 'oops'),
    ];
    const add = await RemoteAdd.start((response, request) => handlers.shift()!(response, request));
    await add.call();
    await expect(add.call()).rejects.toMatchObject({ error: 'no', status: 400 });
    await expect(add.call()).rejects.toBeInstanceOf(CallbackError);
    await expect(add.call()).rejects.toMatchObject({ code: 'procedure_failed' });
    for (const outcome of ['ok', 'refused', 'unavailable', 'failed']) {
      await expect(add.measured(outcome)).resolves.toBe(1);
    }
  });

  it('has limits: how many run, how long, how large', async () => {
    const add = await RemoteAdd.start(
      (response, { body }) => {
        if (body.includes('large')) answer(response, JSON.stringify('x'.repeat(100)));
      },
      { concurrency: 1, deadline: '500ms' },
      { resultBytes: 100 },
    );
    await expect(add.call({ positional: ['large'] })).rejects.toMatchObject({ code: 'result_too_large' });
    const first = rejection(add.call());
    await expect(add.call()).rejects.toMatchObject({ code: 'too_many_calls' });
    await expect(first).resolves.toMatchObject({ code: 'deadline_exceeded' });
    await expect(add.measured('cancelled')).resolves.toBe(1);
  });

  it('has to begin its answer in time, unless it has a deadline of its own', async () => {
    const handler: AppHandler = (response) => void setTimeout(() => answer(response, '1'), 200);
    const add = await RemoteAdd.start(handler, {}, {}, { timeout: '100ms' });
    await expect(add.call()).rejects.toBeInstanceOf(CallbackError);
    const patient = await RemoteAdd.start(handler, { deadline: '0s' }, {}, { timeout: '100ms' });
    await expect(patient.call()).resolves.toEqual({ value: 1 });
  });

  it('is unavailable when the app is not there, and is not asked twice when it fails', async () => {
    const add = await RemoteAdd.start((response) => response.destroy(), {}, {}, { tries: 3, wait: '1ms' });
    await expect(add.call()).rejects.toBeInstanceOf(CallbackError);
    expect(add.app.requests).toHaveLength(1);
    await add.app.stop();
    await expect(add.call()).rejects.toBeInstanceOf(CallbackError);
  });
});

describe('a stream of the app', () => {
  it.each([
    ['application/x-ndjson', '{"i": 0}\n{"i": 1}\n'],
    ['text/event-stream', 'data: {"i": 0}\n\ndata: {"i": 1}\n\n'],
  ])('of type %s is one of results, each there when it comes', async (type, text) => {
    const more = deferred();
    const add = await RemoteAdd.start((response) => {
      const half = text.length / 2;
      response.writeHead(200, { 'content-type': type }).write(text.slice(0, half));
      void more.promise.then(() => response.end(text.slice(half)));
    });
    const stream = await add.stream();
    await expect(stream.next()).resolves.toEqual({ done: false, value: { i: 0 } });
    more.resolve();
    await expect(stream.next()).resolves.toEqual({ done: false, value: { i: 1 } });
    await expect(stream.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(add.measured('ok')).resolves.toBe(1);
  });

  it('has no deadline but its own', async () => {
    const responses: ServerResponse[] = [];
    const handler: AppHandler = (response) => {
      responses.push(response);
      begin(response, '1\n');
    };
    const add = await RemoteAdd.start(handler, {}, { deadline: '500ms' }, { timeout: '500ms' });
    const stream = await add.stream();
    await stream.next();
    setTimeout(() => responses[0]!.end('2\n'), 800);
    await expect(stream.next()).resolves.toMatchObject({ value: 2 });

    const limited = await RemoteAdd.start(handler, { deadline: '500ms' });
    const cut = await limited.stream();
    await cut.next();
    await expect(cut.next()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await eventually(() => responses[1]!.closed, { timeoutMs: 1000 });
  });

  it('that breaks off is an error', async () => {
    const add = await RemoteAdd.start((response) => {
      begin(response);
      response.write('1\n', () => response.destroy());
    });
    const stream = await add.stream();
    await expect(stream.next()).resolves.toMatchObject({ value: 1 });
    await expect(stream.next()).rejects.toBeInstanceOf(CallbackError);
  });

  it('is read as fast as its caller takes the results', async () => {
    const LINES = 400;
    const line = `${JSON.stringify('x'.repeat(262_144))}\n`;
    let written = 0;
    let blockedSince = Infinity;
    const add = await RemoteAdd.start((response) => {
      begin(response);
      const write = (): void => {
        blockedSince = Infinity;
        for (; written < LINES; written++) {
          if (response.write(line)) continue;
          blockedSince = performance.now();
          written++;
          response.once('drain', write);
          return;
        }
        response.end();
      };
      write();
    });
    const stream = await add.stream();
    await stream.next();
    await eventually(() => performance.now() - blockedSince > 300, { what: 'the app to wait' });
    expect(written).toBeLessThan(LINES / 2);
    let taken = 1;
    while ((await stream.next()).done !== true) taken++;
    expect(taken).toBe(LINES);
  });
});

describe('when a call ends', () => {
  it.each(['before the answer', 'in the middle of a stream', 'in the middle of a result'])(
    'the app hears of it within a second: %s',
    async (when) => {
      const asked = deferred<ServerResponse>();
      const add = await RemoteAdd.start((response) => {
        if (when === 'in the middle of a stream') begin(response, '1\n');
        if (when === 'in the middle of a result')
          response.writeHead(200, { 'content-type': 'application/json' }).write('"a');
        asked.resolve(response);
      });
      const controller = new AbortController();
      const ended = rejection(
        (async () => {
          const answer = await add.call({ signal: controller.signal });
          if (!('stream' in answer)) return;
          await answer.stream.next();
          await answer.stream.next();
        })(),
      );
      const response = await asked.promise;
      controller.abort(new Error('the caller is gone'));
      await expect(ended).resolves.toHaveProperty('message', 'the caller is gone');
      await eventually(() => response.closed, { timeoutMs: 1000 });
    },
  );

  it.each([true, false])('so does its stream, when nobody wants more of it (begun: %j)', async (isBegun) => {
    const asked = deferred<ServerResponse>();
    const add = await RemoteAdd.start((response) => {
      begin(response, '1\n2\n');
      asked.resolve(response);
    });
    const stream = await add.stream();
    if (isBegun) await stream.next();
    const response = await asked.promise;
    await stream.return?.();
    await eventually(() => response.closed, { timeoutMs: 1000 });
  });

  it('its stream does with an error when the gateway stops', async () => {
    const add = await RemoteAdd.start((response) => begin(response, '1\n'));
    const stream = await add.stream();
    await stream.next();
    const error = rejection(stream.next());
    await add.gateway.stop();
    await expect(error).resolves.toBeInstanceOf(CallbackError);
  });
});
