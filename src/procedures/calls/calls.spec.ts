import { ForbiddenException } from '@nestjs/common';
import { from, NEVER, Observable, of, range, Subject } from 'rxjs';
import { setTimeout as delay } from 'node:timers/promises';
import { deferred } from '../../../test/support/wait.js';
import { loadSettings } from '../../config/loading/load-settings.js';
import { Tracing } from '../../tracing/tracing.js';
import type { ConnectionSettings } from '../../connection/connection.settings.js';
import { Handshakes } from '../../connection/handshakes.js';
import { Metrics } from '../../metrics/metrics.js';
import { ClientError } from '../../protocol/errors.js';
import type { CallOrigin, HttpCall, ProcedureCall } from '../procedure-call.js';
import { ProcedureError } from '../procedure-errors.js';
import type { CallableProcedure } from '../procedure.js';
import { Procedures } from '../procedures.js';
import type { Access, Signature } from '../signature.js';
import { Calls } from './calls.js';
import { type CallAnswer } from './running-call.js';

const NO_HANDSHAKES = new Handshakes({} as ConnectionSettings);
const ANYONE: CallOrigin = { identity: undefined, isService: false };
const IDENTIFIED: CallOrigin = { identity: new Map(), isService: false };
const SERVICE: CallOrigin = { identity: undefined, isService: true };

type Run = (call: ProcedureCall, given: readonly unknown[]) => unknown;

const unhandled: unknown[] = [];
const note = (reason: unknown): unknown => unhandled.push(reason);

beforeAll(() => process.on('unhandledRejection', note));
afterAll(() => process.off('unhandledRejection', note));
afterEach(async () => {
  await delay(5); // by then node has told of those that nobody handled
  expect(unhandled).toEqual([]);
});

function gateway(
  run: Run,
  options: Partial<CallableProcedure['limits'] & { access: Access } & Signature> = {},
) {
  const { concurrency = 0, deadlineMs = 0, endsStreams = true, ...signature } = options;
  const procedure: CallableProcedure = {
    signature: {
      name: 'go',
      access: 'public',
      parameters: [],
      rest: { positional: true, named: false },
      isStream: false,
      isRaw: false,
      ...signature,
    },
    limits: { concurrency, deadlineMs, endsStreams },
    run: async (call, given) => run(call, given),
  };
  return gatewayOf(procedure);
}

function gatewayOf(procedure: CallableProcedure) {
  const procedures = new Procedures();
  procedures.add(procedure);
  const calls = new Calls(procedures, new Metrics(loadSettings({}).metrics), Tracing.off, NO_HANDSHAKES);
  const call = (positional: unknown[] = [], signal = new AbortController().signal, origin = ANYONE) =>
    calls.call({ name: 'go', given: { positional, named: new Map() }, origin, signal });
  return { calls, call };
}

async function streamOf(answer: Promise<CallAnswer>): Promise<AsyncIterator<unknown, unknown, void>> {
  const given = await answer;
  if (!('stream' in given)) throw new Error('it is one result');
  return given.stream;
}

/** All results, and the value that comes with the end. */
async function drained(answer: Promise<CallAnswer>): Promise<{ results: unknown[]; last: unknown }> {
  const stream = await streamOf(answer);
  const results: unknown[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { results, last: value };
    results.push(value);
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('who may call', () => {
  test.each([
    ['public', ANYONE, true],
    ['public', IDENTIFIED, true],
    ['private', ANYONE, false],
    ['private', IDENTIFIED, true],
    ['private', SERVICE, true],
    ['service', ANYONE, false],
    ['service', IDENTIFIED, false],
    ['service', SERVICE, true],
  ] as const)('%s for %j: %p', async (access, origin, isAllowed) => {
    const { calls, call } = gateway(() => 1, { access });
    expect(calls.find('go', origin) !== undefined).toBe(isAllowed);
    const outcome = await call([], new AbortController().signal, origin).catch((error: unknown) => error);
    if (isAllowed) expect(outcome).toEqual({ value: 1 });
    else
      expect(outcome).toMatchObject({ code: 'procedure_undefined', message: 'the go function is undefined' });
  });

  test('nobody calls what there is not', async () => {
    const { calls } = gateway(() => 1);
    const request = { given: { positional: [], named: new Map() }, signal: new AbortController().signal };
    await expect(calls.call({ name: 'constructor', origin: SERVICE, ...request })).rejects.toMatchObject({
      message: 'the constructor function is undefined',
    });
  });

  test('raw procedures are called over HTTP only', async () => {
    const { call } = gateway(() => 1, { isRaw: true });
    await expect(call()).rejects.toMatchObject({ code: 'procedure_undefined' });
    const http = {} as HttpCall;
    await expect(call([], new AbortController().signal, { ...ANYONE, http })).resolves.toEqual({ value: 1 });
  });
});

describe('one result', () => {
  test.each([0, '', null, undefined, [1, 2], new Map(), { next: 1 }])('is %p', async (value) => {
    await expect(gateway(() => value).call()).resolves.toEqual({ value });
  });

  test('comes of what was given', async () => {
    await expect(gateway((_call, given) => given).call([1, null])).resolves.toEqual({ value: [1, null] });
  });
});

describe('a stream', () => {
  const expected = { results: [1, 2, 3], last: undefined };

  test.each<[string, () => unknown]>([
    [
      'an async generator',
      async function* () {
        yield* [1, 2, 3];
      },
    ],
    [
      'a generator',
      function* () {
        yield* [1, 2, 3];
      },
    ],
    ['an Observable', () => from([1, 2, 3])],
    [
      'an async iterable',
      () => ({
        async *[Symbol.asyncIterator]() {
          yield* [1, 2, 3];
        },
      }),
    ],
    ['a web stream', () => ReadableStream.from([1, 2, 3])],
  ])('is %s', async (_what, run) => {
    await expect(drained(gateway(run).call())).resolves.toEqual(expected);
  });

  test('has a last result: what the generator returned', async () => {
    const { call } = gateway(async function* () {
      yield 1;
      return 2;
    });
    await expect(drained(call())).resolves.toEqual({ results: [1], last: 2 });
  });

  test('is done after its end and after its failure', async () => {
    const ended = await streamOf(gateway(() => of(1)).call());
    await ended.next();
    await ended.next();
    await expect(ended.next()).resolves.toEqual({ done: true, value: undefined });
    const failed = await streamOf(
      gateway(async function* () {
        yield await Promise.reject(new Error('x'));
      }).call(),
    );
    await expect(failed.next()).rejects.toMatchObject({ code: 'procedure_failed' });
    await expect(failed.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('of a generator is not asked for more than its reader wants', async () => {
    let made = 0;
    const { call } = gateway(async function* () {
      for (;;) yield ++made;
    });
    const stream = await streamOf(call());
    await stream.next();
    await stream.next();
    await stream.return!();
    expect(made).toBe(2);
  });

  test('of an Observable waits for its reader, up to a limit', async () => {
    await expect(drained(gateway(() => range(0, 100_000)).call())).resolves.toMatchObject({
      last: undefined,
    });
    let emitted = 0;
    const endless = new Observable<number>((subscriber) => {
      while (!subscriber.closed) subscriber.next(emitted++);
    });
    const failure = await drained(gateway(() => endless).call()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'procedure_failed' });
    expect(emitted).toBeLessThan(100_100);
  });

  test('of an Observable is unsubscribed from when it is given up', async () => {
    const subject = new Subject();
    const stream = await streamOf(gateway(() => subject).call());
    const next = stream.next();
    subject.next('a');
    await expect(next).resolves.toEqual({ done: false, value: 'a' });
    expect(subject.observed).toBe(true);
    await stream.return!();
    expect(subject.observed).toBe(false);
  });
});

describe('failures', () => {
  test.each([new ProcedureError({ code: 5 }), new ForbiddenException('no'), new ClientError('x', 'y')])(
    '%p is told as it is',
    async (error) => {
      const throwing = gateway(() => {
        throw error;
      });
      await expect(throwing.call()).rejects.toBe(error);
      const streaming = gateway(async function* () {
        yield 1;
        throw error;
      });
      await expect(drained(streaming.call())).rejects.toBe(error);
    },
  );

  test('anything else becomes a failure, with its cause', async () => {
    const cause = new Error('boom');
    const expected = {
      code: 'procedure_failed',
      message: 'an error occurred while executing the function go',
      cause,
    };
    const throwing = gateway(() => {
      throw cause;
    });
    await expect(throwing.call()).rejects.toMatchObject(expected);
    const streaming = gateway(async function* () {
      yield 1;
      throw cause;
    });
    await expect(drained(streaming.call())).rejects.toMatchObject(expected);
  });

  test('a procedure that is no async function may throw', async () => {
    const { call } = gatewayOf({
      ...gatewayProcedure(),
      run: () => {
        throw new ProcedureError('at once');
      },
    });
    await expect(call()).rejects.toMatchObject({ error: 'at once' });
  });

  test('an iterator that throws where it should reject is a failure', async () => {
    const broken = {
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new Error('x');
        },
      }),
    };
    await expect(drained(gateway(() => broken).call())).rejects.toMatchObject({ code: 'procedure_failed' });
    const worse = {
      [Symbol.asyncIterator]() {
        throw new Error('x');
      },
    };
    await expect(gateway(() => worse).call()).rejects.toMatchObject({ code: 'procedure_failed' });
  });

  function gatewayProcedure(): CallableProcedure {
    return {
      signature: {
        name: 'go',
        access: 'public',
        parameters: [],
        rest: { positional: true, named: false },
        isStream: false,
        isRaw: false,
      },
      limits: { concurrency: 0, deadlineMs: 0, endsStreams: false },
      run: async () => undefined,
    };
  }
});

describe('a caller that goes away', () => {
  test('ends a call at once that takes no notice', async () => {
    let signal: AbortSignal | undefined;
    const { call } = gateway(
      (running) => {
        ({ signal } = running);
        return never();
      },
      { concurrency: 1 },
    );
    const caller = new AbortController();
    const answer = call([], caller.signal);
    await delay(0);
    caller.abort(new Error('gone'));
    expect(signal!.aborted).toBe(true);
    await expect(answer).rejects.toThrow('gone');
    expect((signal!.reason as Error).message).toBe('gone');
  });

  test('before the call runs nothing', async () => {
    let hasRun = false;
    const { call } = gateway(() => (hasRun = true));
    await expect(call([], AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(hasRun).toBe(false);
  });

  test('ends a stream while the next result is waited for', async () => {
    let isFinal = false;
    const gate = deferred();
    const { call } = gateway(async function* () {
      try {
        yield 1;
        await gate.promise;
        yield 2;
      } finally {
        isFinal = true;
      }
    });
    const caller = new AbortController();
    const stream = await streamOf(call([], caller.signal));
    await stream.next();
    const next = stream.next();
    caller.abort(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
    gate.resolve();
    await delay(0);
    expect(isFinal).toBe(true);
  });

  test('ends a stream that nobody waits for: the next to ask is told', async () => {
    let isFinal = false;
    const { call } = gateway(async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        isFinal = true;
      }
    });
    const caller = new AbortController();
    const stream = await streamOf(call([], caller.signal));
    await stream.next();
    caller.abort(new Error('gone'));
    await delay(0);
    expect(isFinal).toBe(true);
    await expect(stream.next()).rejects.toThrow('gone');
    await expect(stream.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('leaves a stream that comes too late told that nobody wants it', async () => {
    const gate = deferred();
    const returned = deferred();
    const { call } = gateway(async () => {
      await gate.promise;
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: never,
        return: () => Promise.resolve(returned.resolve()),
      };
    });
    const caller = new AbortController();
    const answer = call([], caller.signal);
    caller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    gate.resolve();
    await returned.promise;
  });

  test('is not told what the procedure makes of that', async () => {
    const { call } = gateway(async ({ signal }) => {
      await delay(10_000, undefined, { signal });
    });
    const caller = new AbortController();
    const answer = call([], caller.signal);
    await delay(0);
    caller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
  });
});

describe('a stream that is given up', () => {
  test('is over at once: its signal is aborted and its place free', async () => {
    let signal: AbortSignal | undefined;
    const { call } = gateway(
      async function* (running) {
        ({ signal } = running);
        yield 1;
        await never();
      },
      { concurrency: 1 },
    );
    const stream = await streamOf(call());
    await stream.next();
    const pending = stream.next();
    await expect(call()).rejects.toMatchObject({ code: 'too_many_calls' });
    await stream.return!();
    expect(signal!.aborted).toBe(true);
    await expect(pending).resolves.toEqual({ done: true, value: undefined });
    await (
      await streamOf(call())
    ).return!();
  });

  test('is over also before its first result was asked for', async () => {
    const { call } = gateway(
      async function* () {
        yield 1;
      },
      { concurrency: 1 },
    );
    for (let time = 0; time < 3; time++) {
      const stream = await streamOf(call());
      await expect(stream.return!()).resolves.toEqual({ done: true, value: undefined });
      await expect(stream.next()).resolves.toEqual({ done: true, value: undefined });
    }
  });

  test('may fail when it is told so: nobody hears of it', async () => {
    const { call } = gateway(async function* () {
      try {
        yield 1;
      } finally {
        await Promise.reject(new Error('in the end'));
      }
    });
    const stream = await streamOf(call());
    await stream.next();
    await expect(stream.return!()).resolves.toEqual({ done: true, value: undefined });
  });
});

describe('the deadline', () => {
  test('ends a call that takes no notice, and its place is free', async () => {
    const { call } = gateway(never, { deadlineMs: 20, concurrency: 1 });
    await expect(call()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await expect(call()).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  test('ends a stream, where it is one of streams', async () => {
    const subscribed = new Subject();
    const { call } = gateway(() => subscribed, { deadlineMs: 20 });
    await expect(drained(call())).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(subscribed.observed).toBe(false);
  });

  test('is met when a stream begins, where it is not', async () => {
    const { call } = gateway(
      async function* () {
        await delay(60);
        yield 1;
      },
      { deadlineMs: 20, endsStreams: false },
    );
    await expect(drained(call())).resolves.toEqual({ results: [1], last: undefined });
  });

  test('may be longer than a timer can be', async () => {
    const { call } = gateway(() => delay(20, 1), { deadlineMs: 2 ** 40 });
    await expect(call()).resolves.toEqual({ value: 1 });
  });
});

describe('the limit of calls at a time', () => {
  test('refuses the next, and takes it when one has ended', async () => {
    const gates = [deferred(), deferred()];
    const { call } = gateway((_call, [index]) => gates[index as number]!.promise, { concurrency: 2 });
    const running = [call([0]), call([1])];
    await expect(call([0])).rejects.toMatchObject({ code: 'too_many_calls' });
    gates[0]!.resolve();
    await running[0];
    await expect(call([0])).resolves.toEqual({ value: undefined });
    gates[1]!.resolve();
    await running[1];
  });

  test('counts a stream until its end', async () => {
    const { call } = gateway(() => of(1), { concurrency: 1 });
    const stream = await streamOf(call());
    await expect(call()).rejects.toMatchObject({ code: 'too_many_calls' });
    await stream.next();
    await expect(call()).rejects.toMatchObject({ code: 'too_many_calls' });
    await stream.next();
    await (
      await streamOf(call())
    ).return!();
  });

  test('is not used up by calls that fail, or whose arguments do', async () => {
    const { call } = gateway(
      () => {
        throw new Error('x');
      },
      { concurrency: 1, rest: { positional: false, named: false } },
    );
    for (let time = 0; time < 3; time++) {
      await expect(call()).rejects.toMatchObject({ code: 'procedure_failed' });
      await expect(call([1])).rejects.toMatchObject({ code: 'arguments_mismatch' });
    }
  });
});

test('an Observable that never gives anything ends with its caller', async () => {
  const caller = new AbortController();
  const stream = await streamOf(gateway(() => NEVER).call([], caller.signal));
  const next = stream.next();
  caller.abort(new Error('gone'));
  await expect(next).rejects.toThrow('gone');
});
