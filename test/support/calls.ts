import type { Provider, Type } from '@nestjs/common';
import { type KittiwakeOptions } from '../../src/index.js';
import { Calls } from '../../src/procedures/calls/calls.js';
import type { CallOrigin } from '../../src/procedures/procedure-call.js';
import { Procedures } from '../../src/procedures/procedures.js';
import type { CallAnswer } from '../../src/procedures/calls/running-call.js';
import type { Signature } from '../../src/procedures/signature.js';
import { toJsonText } from '../../src/protocol/json/json.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './nest-app.js';

/** Options of a gateway with procedures. */
export const WITH_PROCEDURES: KittiwakeOptions = { ...OPTIONS, procedures: {} };

/** Who calls, and how, where it matters. */
export interface TestCall {
  readonly positional?: readonly unknown[];
  readonly named?: Readonly<Record<string, unknown>>;
  /** Fields of the identity; without any the caller is nobody. Default: `{ user_id: 1 }`. */
  readonly identity?: Readonly<Record<string, unknown>> | null;
  readonly isService?: boolean;
  readonly signal?: AbortSignal;
}

/** All results of a stream, and the one that came with its end. */
export interface Drained {
  readonly results: unknown[];
  readonly last: unknown;
}

/** An app with procedures, called in process. */
export class TestProcedures {
  private constructor(
    readonly log: KeptLog,
    private readonly app: TestApp,
  ) {}

  /** @param providers those that have the procedures, and what they need. */
  static async start(
    providers: Provider[],
    options: KittiwakeOptions = WITH_PROCEDURES,
  ): Promise<TestProcedures> {
    const log = new KeptLog();
    const app = await createApp(moduleOf({ providers }, options), log);
    return new TestProcedures(log, await TestApp.listen(app));
  }

  async answer(
    name: string,
    { positional = [], named = {}, identity = { user_id: 1 }, isService = false, signal }: TestCall = {},
  ): Promise<CallAnswer> {
    const members =
      identity && new Map(Object.entries(identity).map(([key, value]) => [key, toJsonText(value)]));
    const origin: CallOrigin = { identity: members ?? undefined, isService };
    const given = { positional, named: new Map(Object.entries(named)) };
    return this.app.app
      .get(Calls)
      .call({ name, given, origin, signal: signal ?? new AbortController().signal });
  }

  /** Calls by position. @returns the one result. */
  async call(name: string, ...positional: unknown[]): Promise<unknown> {
    return valueOf(await this.answer(name, { positional }));
  }

  /** Calls by name. @returns the one result. */
  async callNamed(name: string, named: Readonly<Record<string, unknown>>): Promise<unknown> {
    return valueOf(await this.answer(name, { named }));
  }

  async stream(name: string, call?: TestCall): Promise<AsyncIterator<unknown, unknown, void>> {
    const answer = await this.answer(name, call);
    if ('stream' in answer) return answer.stream;
    throw new Error(`${name} gave one result: ${String(answer.value)}`);
  }

  async drain(name: string, ...positional: unknown[]): Promise<Drained> {
    const stream = await this.stream(name, { positional });
    const results: unknown[] = [];
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return { results, last: value };
      results.push(value);
    }
  }

  signature(name: string): Signature {
    return this.app.app.get(Procedures).find(name)!.signature;
  }

  get<Service>(type: Type<Service>): Service {
    return this.app.app.get(type);
  }

  stop(): Promise<void> {
    return this.app.stop();
  }
}

function valueOf(answer: CallAnswer): unknown {
  if ('value' in answer) return answer.value;
  throw new Error('it is a stream');
}
