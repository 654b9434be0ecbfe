import { setTimeout as delay } from 'node:timers/promises';
import type { ClientOptions } from 'ws';
import type { KittiwakeOptions } from '../../src/config/options.js';
import type { CallableProcedure } from '../../src/procedures/procedure.js';
import type { ProcedureCall } from '../../src/procedures/procedure-call.js';
import { ProcedureError } from '../../src/procedures/procedure-errors.js';
import { Procedures } from '../../src/procedures/procedures.js';
import type { Resumption } from '../../src/procedures/resumption.js';
import { ProcedureResult } from '../../src/procedures/result.js';
import type { Parameter, Signature } from '../../src/procedures/signature.js';
import { TestClient } from './client.js';
import { TestGateway } from './gateway.js';
import { signToken, type TokenOptions } from './tokens.js';
import { deferred, type Deferred } from './wait.js';

export const V1 = 'kittiwake.v1.json';
export const SECRET = 'a secret that the issuer shares with the tests';
/** The identity that {@link rpcToken} is for, unless it says otherwise. */
export const USER = { user_id: 1 };

export interface ProcedureOptions extends Partial<Signature> {
  /** Such as `a` or `a?`; without a list, any. */
  readonly takes?: readonly string[];
  readonly deadlineMs?: number;
  readonly concurrency?: number;
  /** How its calls are kept. */
  readonly resumption?: Resumption;
}

type Run = (call: ProcedureCall, ...given: never[]) => unknown;

/** A procedure as an explorer would find it. */
export function procedureOf(name: string, run: Run, options: ProcedureOptions = {}): CallableProcedure {
  const { takes, deadlineMs = 0, concurrency = 0, resumption, ...signature } = options;
  const parameters = (takes ?? []).map((text): Parameter => {
    return { name: text.replace('?', ''), isOptional: text.endsWith('?'), isNamedOnly: false };
  });
  return {
    signature: {
      name,
      access: 'private',
      parameters,
      rest: { positional: !takes, named: false },
      isStream: false,
      isRaw: false,
      ...signature,
    },
    limits: { concurrency, deadlineMs, endsStreams: deadlineMs > 0 },
    resumption,
    run: async (call, given) => run(call, ...(given as never[])),
  };
}

export function rpcToken(claims: object = USER, options: Partial<TokenOptions> = {}): string {
  return signToken({ algorithm: 'HS256', key: SECRET, claims, ...options });
}

/** A call as Shirow's client sends it. */
export function callOf(name: string, parameters: unknown, marker: unknown = 1): object {
  return { function_name: name, parameters_list: parameters, marker };
}

/** A gateway whose clients call procedures. */
export class RpcStage {
  gateway!: TestGateway;
  /** What `hang` was called with and has not ended yet. */
  readonly hanging = new Set<ProcedureCall>();
  /** Resolved when a call of `hang` ends. */
  unhung: Deferred<ProcedureCall> = deferred();
  private readonly clients: TestClient[] = [];

  async start(options: KittiwakeOptions = {}): Promise<void> {
    this.gateway = await TestGateway.start({
      procedures: {},
      ...options,
      auth: {
        jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } },
        ...options.auth,
      },
    });
    for (const procedure of this.procedures()) this.add(procedure);
  }

  async stop(): Promise<void> {
    this.leave();
    await this.gateway.stop();
  }

  /** Cuts the connections of all clients. */
  leave(): void {
    for (const client of this.clients.splice(0)) client.drop();
  }

  add(procedure: CallableProcedure): void {
    this.gateway.app.get(Procedures).add(procedure);
  }

  url(path = `/rpc/token/${rpcToken()}`): string {
    return `ws://127.0.0.1:${this.gateway.port}${path}`;
  }

  async connectTo(path: string, protocols?: string[], options?: ClientOptions): Promise<TestClient> {
    const client = await TestClient.connect(this.url(path), protocols, options);
    this.clients.push(client);
    return client;
  }

  connect(...protocols: string[]): Promise<TestClient> {
    return this.connectTo(`/rpc/token/${rpcToken()}`, protocols);
  }

  private procedures(): CallableProcedure[] {
    return [
      procedureOf('add', (_call, a: number, b: number) => a + b, { takes: ['a', 'b'] }),
      procedureOf('echo', (_call, value: unknown) => value, { takes: ['value'] }),
      procedureOf('told', (_call, value: unknown) => new ProcedureResult(value), { takes: ['value'] }),
      procedureOf('is_bytes', (_call, value: unknown) => Buffer.isBuffer(value), { takes: ['value'] }),
      procedureOf('whoami', (call) => call.identity ?? 'nobody', { access: 'public' }),
      procedureOf('fail', () => {
        throw new Error('a secret of the app');
      }),
      procedureOf('refuse', (_call, error: unknown) => {
        throw new ProcedureError(error);
      }),
      procedureOf('service', () => 'yours', { access: 'service' }),
      procedureOf('raw', () => 'bytes', { isRaw: true }),
      procedureOf('count', countTo, { takes: ['n', 'last?'] }),
      procedureOf('later', (call, ms: number, value: unknown) => delay(ms, value, { signal: call.signal })),
      procedureOf('hang', (call) => this.hang(call)),
      procedureOf('trickle', (call) => this.trickle(call)),
    ];
  }

  private hang(call: ProcedureCall): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.hanging.add(call);
      call.signal.addEventListener('abort', () => {
        this.ends(call);
        reject(call.signal.reason as Error);
      });
    });
  }

  /** A stream that never ends by itself. */
  private async *trickle(call: ProcedureCall): AsyncGenerator<number> {
    this.hanging.add(call);
    try {
      for (let i = 0; ; i++) {
        yield i;
        await delay(5, undefined, { signal: call.signal });
      }
    } finally {
      this.ends(call);
    }
  }

  private ends(call: ProcedureCall): void {
    this.hanging.delete(call);
    this.unhung.resolve(call);
    this.unhung = deferred();
  }
}

async function* countTo(_call: ProcedureCall, n: number, last: unknown): AsyncGenerator {
  for (let i = 0; i < n; i++) yield i;
  return last;
}

/** A stage that the tests of a file, or of a block, share. */
export function sharedRpc(options?: KittiwakeOptions): RpcStage {
  const stage = new RpcStage();
  beforeAll(() => stage.start(options));
  afterEach(() => stage.leave());
  afterAll(() => stage.stop());
  return stage;
}
