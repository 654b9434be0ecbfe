import { ForbiddenException } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import {
  NeedInfo,
  type ProcedureCall,
  ProcedureError,
  ProcedureRedirect,
  ProcedureResult,
  TypedResult,
} from '../../src/index.js';
import type { CallableProcedure } from '../../src/procedures/procedure.js';
import type { Parameter, ParameterType, Signature } from '../../src/procedures/signature.js';
import { procedureOf } from './rpc.js';

function takes(...declared: string[]): Pick<Signature, 'parameters' | 'rest'> {
  const parameters = declared.map((text): Parameter => {
    const [, isNamedOnly, name = '', type, isOptional] = /^(\*?)(\w+)(?::(\w+))?(\??)$/.exec(text) ?? [];
    return {
      name,
      type: type as ParameterType | undefined,
      isOptional: isOptional === '?',
      isNamedOnly: isNamedOnly === '*',
    };
  });
  return { parameters, rest: { positional: false, named: false } };
}

const PUBLIC = { access: 'public' } as const;
const STREAM = { isStream: true } as const;
const RAW = { isRaw: true } as const;
const EVENTS = 'text/event-stream';

/**
 * Procedures for everything that can come of a call over HTTP.
 * @param live gets the calls that have begun and whose signal has not been aborted.
 */
export function proceduresOf(live: Set<ProcedureCall>): CallableProcedure[] {
  return [...plain(), ...refusals(), ...streams(), ...raws(), ...long(live)];
}

function plain(): CallableProcedure[] {
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  return [
    procedureOf('web_root', () => new TypedResult('<h1>Hello</h1>', 'text/html'), { ...PUBLIC, takes: [] }),
    procedureOf('meow', () => new TypedResult('Meow\n', 'text/plain'), { ...PUBLIC, takes: [] }),
    procedureOf('teapot', () => new TypedResult('short and stout', 'text/plain', 418), { takes: [] }),
    procedureOf('page', () => new TypedResult({ a: 1 }, 'application/ld+json'), { takes: [] }),
    procedureOf('echo', (_call, value: unknown) => ({ value: value ?? null }), takes('value?')),
    procedureOf(
      'list',
      (_call, a: unknown, b: unknown, c: unknown) => [a, b, c ?? 'three'],
      takes('a', 'b', 'c?'),
    ),
    procedureOf('named', (_call, x: unknown) => ({ x: x ?? 'ex' }), takes('*x?')),
    procedureOf('number', (_call, n: unknown) => n, takes('n:int')),
    procedureOf('text', (_call, s: unknown) => s, takes('s:str')),
    procedureOf('square', (_call, n: bigint | number) => ({ n, square: BigInt(n) ** 2n }), takes('n:int')),
    procedureOf('binary', () => ({ bytes: Buffer.from([0, 1, 255]) }), { takes: [] }),
    procedureOf('none', () => undefined, { takes: [] }),
    procedureOf('told', () => new ProcedureResult(null), { takes: [] }),
    procedureOf('big', (_call, size: number) => ({ blob: 'x'.repeat(size) }), takes('size:int')),
    procedureOf('cycle', () => cycle, { takes: [] }),
    procedureOf('whoami', (call) => call.identity ?? null, { takes: [] }),
    procedureOf('inspect', inspect, { ...PUBLIC, takes: [] }),
  ];
}

function inspect({ isAuthenticated, origin }: ProcedureCall): object {
  const { method, path, peer } = origin.http!;
  return { isAuthenticated, method, path, peer };
}

function refusals(): CallableProcedure[] {
  const refusing = (error: () => Error) => (): never => {
    throw error();
  };
  return [
    procedureOf(
      'boom',
      refusing(() => new Error('Boom')),
      { ...PUBLIC, takes: [] },
    ),
    procedureOf(
      'denied',
      refusing(() => new ProcedureError('No kittens allowed', 403)),
      { ...PUBLIC, takes: [] },
    ),
    procedureOf(
      'forbidden',
      refusing(() => new ForbiddenException('Not for you')),
      { takes: [] },
    ),
    procedureOf(
      'odd',
      refusing(() => new ProcedureError({ why: [1] }, 999)),
      { takes: [] },
    ),
    procedureOf(
      'elsewhere',
      refusing(() => new ProcedureRedirect('/méow?a=b c')),
      { takes: [] },
    ),
    procedureOf(
      'need',
      refusing(
        () =>
          new NeedInfo('Need a password', [{ name: 'password', type: 'password', comment: 'Say' }], 'vault'),
      ),
      { takes: [] },
    ),
    procedureOf(
      'need_more',
      refusing(() => new NeedInfo('Need more', [{ name: 'x' }])),
      { takes: [] },
    ),
  ];
}

function streams(): CallableProcedure[] {
  const of = (...results: unknown[]) =>
    async function* (): AsyncGenerator {
      for (const result of results) {
        if (result instanceof Error) throw result;
        yield result;
      }
    };
  return [
    procedureOf('numbers', numbers, { ...STREAM, ...takes('n:int', 'last?') }),
    procedureOf('failing', of({ i: 0 }, new Error('Ran out')), { ...PUBLIC, ...STREAM, takes: [] }),
    procedureOf('failing_first', of(new Error('Ran out')), { ...STREAM, takes: [] }),
    procedureOf('empty', of(), { ...STREAM, takes: [] }),
    procedureOf('nulls', of(null, undefined, 1), { ...STREAM, takes: [] }),
    procedureOf(
      'texts',
      of(new TypedResult('one\n', 'text/plain', 201), 'two\n', '', Buffer.from('three\n')),
      { ...STREAM, takes: [] },
    ),
    procedureOf('late', of({ i: 0 }, new TypedResult('x', 'text/plain')), { ...STREAM, takes: [] }),
    procedureOf(
      'error_first',
      async function* (_call: ProcedureCall, finished: unknown) {
        yield { error: 'Nope', finished, resource: 'vault', needed_vars: [], else: 1 };
      },
      { ...STREAM, ...takes('finished') },
    ),
    procedureOf(
      'events',
      of(
        new TypedResult({ event: 'hello', data: 'a\nb' }, EVENTS),
        { id: 1, retry: 5, data: { i: 1 } },
        'text',
      ),
      { ...STREAM, takes: [] },
    ),
    procedureOf('events_failing', of(new TypedResult({ data: 'hi' }, EVENTS), new Error('Ran out')), {
      ...STREAM,
      takes: [],
    }),
    procedureOf('mixed', of('text', { a: 1n }, [null], Buffer.from('x')), { ...STREAM, takes: [] }),
  ];
}

async function* numbers(_call: ProcedureCall, n: number, last: unknown): AsyncGenerator {
  for (let i = 0; i < n; i++) yield { i };
  return last;
}

function raws(): CallableProcedure[] {
  return [
    procedureOf(
      'handmade',
      ({ origin }) =>
        void origin.http!.response.writeHead(200, { 'Content-Type': 'text/x-raw' }).end('raw bytes'),
      { ...RAW, takes: [] },
    ),
    procedureOf('handed_over', ({ origin }) => void setImmediate(() => origin.http!.response.end('later')), {
      ...RAW,
      takes: [],
    }),
    procedureOf('told_raw', () => 'as any other', { ...RAW, takes: [] }),
    procedureOf(
      'explode',
      () => {
        throw new Error('Raw boom');
      },
      { ...PUBLIC, ...RAW, takes: [] },
    ),
    procedureOf(
      'explode_late',
      ({ origin }) => {
        origin.http!.response.writeHead(200).write('half');
        throw new Error('Raw boom');
      },
      { ...RAW, takes: [] },
    ),
  ];
}

/** What goes on until its caller is gone. */
function long(all: Set<ProcedureCall>): CallableProcedure[] {
  const live = (call: ProcedureCall): void => {
    all.add(call);
    call.signal.addEventListener('abort', () => all.delete(call));
  };
  return [
    procedureOf(
      'hang',
      (call) => {
        live(call);
        return new Promise(() => undefined);
      },
      { takes: [] },
    ),
    procedureOf(
      'later',
      async (call, ms: number) => {
        live(call);
        await delay(ms);
        return 'late';
      },
      takes('ms:int'),
    ),
    procedureOf(
      'trickle',
      async function* (call: ProcedureCall) {
        live(call);
        for (let i = 0; ; i++) {
          yield { i };
          await delay(5);
        }
      },
      { ...STREAM, takes: [] },
    ),
    procedureOf(
      'silence',
      async function* (call: ProcedureCall) {
        live(call);
        yield 'first';
        await new Promise(() => undefined);
      },
      { ...STREAM, takes: [] },
    ),
    procedureOf(
      'flood',
      async function* (call: ProcedureCall) {
        live(call);
        for (let i = 0; ; i++) yield 'x'.repeat(65_536);
      },
      { ...STREAM, takes: [] },
    ),
  ];
}
