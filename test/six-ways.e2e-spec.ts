import { decodeMulti } from '@msgpack/msgpack';
import { Injectable } from '@nestjs/common';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CurrentCall, Procedure, ProcedureCall } from '../src/index.js';
import { messagePack } from '../src/protocol/json/message-pack.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { createApp, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { rpcToken, SECRET as TOKEN_KEY, V1 } from './support/rpc.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { openShirow, type Shirow } from './support/shirow-client.js';
import { deferred, type Deferred, eventually } from './support/wait.js';

const PROCEDURE = 'purr';
const SERVICE_SECRET = 'the-secret-of-services';
const FOR_EVER = 1e9;

const RESULTS = [
  { purr: 0, of: ['Kitty', null, -0.5], text: 'é\n"' },
  { purr: 1, of: ['Kitty', null, -0.5], text: 'é\n"' },
  { purr: 2, of: ['Kitty', null, -0.5], text: 'é\n"' },
  'prrr',
];

@Injectable()
class Kitty {
  /** Settled when a generator ends, with whether its signal was aborted by then. */
  ended: Deferred<boolean> = deferred();

  @Procedure()
  async *purr(
    @CurrentCall() { signal }: ProcedureCall,
    times: number,
  ): AsyncGenerator<unknown, string, void> {
    try {
      for (let purr = 0; purr < times; purr++) {
        yield { purr, of: ['Kitty', null, -0.5], text: 'é\n"' };
        await delay(5, undefined, { signal });
      }
      return 'prrr';
    } finally {
      this.ended.resolve(signal.aborted);
      this.ended = deferred();
    }
  }
}

/** One way to call a procedure. */
interface Way {
  /** Calls, and returns the results. */
  readonly call: (times: number) => Promise<unknown[]>;
  /** Calls and waits for a result. @returns what cuts the caller off. */
  readonly begin: () => Promise<() => void>;
}

const stopped = stoppedAfterEach();
let app: TestApp;
let folder: string;

beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'kittiwake-six-'));
  const options = {
    ...OPTIONS,
    auth: { jwt: { algorithms: ['HS256' as const], secret: TOKEN_KEY, fields: { user_id: 'user_id' } } },
    procedures: { secret: SERVICE_SECRET, local: { stateDir: folder } },
  };
  app = await TestApp.listen(await createApp(moduleOf({ providers: [Kitty] }, options)));
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

/** Shirow's client does not say when a stream is over. */
const shirow: Way = {
  async call(times) {
    const results: unknown[] = [];
    const client = opened();
    client.emitForce(PROCEDURE, times).then((result) => results.push(result));
    await eventually(() => results.length === times + 1);
    return results;
  },
  async begin() {
    const client = opened();
    const begun = deferred();
    client.emitForce(PROCEDURE, FOR_EVER).then(() => begun.resolve());
    await begun.promise;
    return () => client.disconnect();
  },
};

function opened(): Shirow {
  const client = openShirow(`ws://127.0.0.1:${app.port}/rpc/token/${rpcToken()}`);
  stopped({ stop: () => client.disconnect() });
  return client;
}

const topics: Way = {
  async call(times) {
    const client = await authenticated();
    const results: unknown[] = [];
    client.send({ event: 'call', id: 1, procedure: PROCEDURE, params: [times] });
    for (;;) {
      const { data, more } = await client.next();
      results.push(data);
      if (!more) return results;
    }
  },
  async begin() {
    const client = await authenticated();
    await client.ask({ event: 'call', id: 1, procedure: PROCEDURE, params: [FOR_EVER] });
    return () => client.drop();
  },
};

async function authenticated(): Promise<TestClient> {
  const client = await TestClient.connect(app.url, [V1]);
  stopped({ stop: () => client.drop() });
  await client.ask({ event: 'auth', method: 'jwt', token: rpcToken() });
  return client;
}

/** @param decode what all of the body means. */
function overHttp(
  headers: Record<string, string>,
  body: (times: number) => string | Uint8Array<ArrayBuffer>,
  decode: (body: ReadableStream<Uint8Array>) => Promise<unknown[]>,
): Way {
  const post = async (times: number, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    const response = await fetch(`${app.httpUrl}/rpc/${PROCEDURE}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${SERVICE_SECRET}`, ...headers },
      body: body(times),
      signal: signal ?? null,
    });
    return response.body!;
  };
  return {
    call: async (times) => decode(await post(times)),
    begin: async () => {
      const caller = new AbortController();
      await (await post(FOR_EVER, caller.signal)).getReader().read();
      return () => caller.abort();
    },
  };
}

const JSON_BODY = { 'Content-Type': 'application/json' };
const asJson = (times: number): string => JSON.stringify({ times });

const httpJson = overHttp(JSON_BODY, asJson, async (body) => {
  const lines = (await new Response(body).text()).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
});

const httpMessagePack = overHttp(
  { 'Content-Type': 'application/x-msgpack' },
  (times) => new Uint8Array(messagePack({ times })),
  async (body) => [...decodeMulti(await new Response(body).arrayBuffer())],
);

const events = overHttp({ ...JSON_BODY, Accept: 'text/event-stream' }, asJson, async (body) => {
  const results: unknown[] = [];
  for await (const { data } of body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()))
    results.push(JSON.parse(data));
  return results;
});

const commandLine: Way = {
  async call(times) {
    const { stdout } = await ServerProcess.run(command(times));
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  },
  async begin() {
    const cli = stopped(await ServerProcess.start({ ...command(FOR_EVER), isReady: () => true }));
    await eventually(() => cli.stdout.includes('\n'), { timeoutMs: 15_000 });
    return () => cli.signal('SIGKILL');
  },
};

function command(times: number): Parameters<typeof ServerProcess.run>[0] & object {
  const config = { procedures: { local: { stateDir: folder } } };
  return { config, command: ['cli/main.js', '--json', PROCEDURE, `${times}`], timeoutMs: 15_000 };
}

describe.each([
  ["Shirow's client", shirow],
  ['the event call', topics],
  ['HTTP with JSON', httpJson],
  ['HTTP with MessagePack', httpMessagePack],
  ['Server-Sent Events', events],
  ['the command line', commandLine],
])('an async generator, called by %s', (_way, { call, begin }) => {
  it('gives the same results', async () => {
    expect(await call(3)).toEqual(RESULTS);
  });

  it('is aborted within a second when the caller goes away', async () => {
    const cutOff = await begin();
    const { ended } = app.app.get(Kitty);
    const startedAt = performance.now();
    cutOff();
    expect(await ended.promise).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
