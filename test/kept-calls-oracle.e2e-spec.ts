import { setTimeout as delay } from 'node:timers/promises';
import type { KittiwakeOptions } from '../src/config/options.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { Chance } from './support/chance.js';
import { FakeModel } from './support/fake-model.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { rpcToken, SECRET, V1 } from './support/rpc.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { eventually } from './support/wait.js';

/** `KEPT_CALLS_ROUNDS=20 npm run jest -- kept-calls-oracle` plays longer, `KEPT_CALLS_PACE_MS=10` at the pace of a model. */
const ROUNDS = Number(process.env.KEPT_CALLS_ROUNDS ?? 1);
const PACE_MS = Number(process.env.KEPT_CALLS_PACE_MS ?? 1);
const TOKENS = 2_000;
const WATCHERS = 50;
const LATE_MS = 60_000;
const TOKEN = rpcToken({ user_id: 1 });

interface Node {
  readonly url: string;
  readonly httpUrl: string;
}

/** What one watcher has got, and how it ended. */
class Watcher {
  readonly texts: unknown[] = [];
  /** An error that it was told. */
  told: unknown;
  isDone = false;
  visits = 0;

  constructor(
    private readonly call: string,
    private readonly nodes: readonly Node[],
    private readonly chance: Chance,
    private readonly isHttp: boolean,
  ) {}

  /** Comes again and again, to whichever node, and leaves in the middle. */
  async watch(): Promise<void> {
    while (!this.isDone && this.told === undefined) {
      const node = this.nodes[this.chance.below(this.nodes.length)];
      const patience = 1 + this.chance.below(600);
      this.visits++;
      try {
        if (node) await (this.isHttp ? this.read(node, patience) : this.listen(node, patience));
      } catch {
        await delay(20); // the node is gone, or going
      }
    }
  }

  private async listen(node: Node, patience: number): Promise<void> {
    const client = await TestClient.connect(node.url, [V1]);
    try {
      await client.ask({ event: 'auth', method: 'jwt', token: TOKEN });
      client.send({ event: 'call', id: 1, call: this.call, position: `${this.texts.length}` });
      const until = this.texts.length + patience;
      while (this.texts.length < until && !this.isDone && this.told === undefined) {
        const frame = await client.next();
        if (frame.status === 'error') this.told = frame.code;
        else if ('data' in frame) this.texts.push(frame.data);
        if (frame.status === 'ok' && frame.more !== true) this.isDone = true;
      }
    } finally {
      client.drop();
    }
  }

  private async read(node: Node, patience: number): Promise<void> {
    const leaving = new AbortController();
    const answer = await fetch(`${node.httpUrl}/rpc/calls/${this.call}`, {
      headers: {
        Authorization: `Bearer ${TOKEN}`,
        Accept: 'text/event-stream',
        'Last-Event-ID': `${this.texts.length}`,
      },
      signal: leaving.signal,
    });
    const until = this.texts.length + patience;
    if (answer.status === 204) this.isDone = true;
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = events.pop()!;
      for (const event of events) this.take(event);
      if (this.texts.length >= until || this.isDone) break;
    }
    leaving.abort();
  }

  private take(event: string): void {
    const data = JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as unknown;
    if (event.startsWith('event: end')) this.isDone = true;
    else if (event.startsWith('event: error')) this.told = data;
    else this.texts.push(data);
  }
}

const stopped = stoppedAfterAll();
let redis: RedisServer;
let app: FakeModel;

beforeAll(async () => {
  await ensureBuilt();
  redis = stopped(await RedisServer.start());
  app = stopped(await FakeModel.start());
}, BUILD_TIMEOUT_MS);

function options(takeOver: boolean): KittiwakeOptions {
  return {
    auth: { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } },
    broker: { kind: 'redis', redis: { url: redis.url } },
    ledger: { lease: '1s', beat: '200ms' },
    procedures: {
      remote: { answer: { url: `${app.url}/answer`, stream: true, resumable: { takeOver } } },
      kept: { gather: '20ms', shutdown: '0s' },
    },
  };
}

/**
 * What a user sees of an answer while everything around it moves: reloads, another node each time, half of them over HTTP,
 * one node killed, one stopped and begun again.
 */
it.each(Array.from({ length: ROUNDS }, (_, round) => [round, round % 2 === 1]))(
  'every watcher has the text of the model, whatever moves, round %i, its node killed: %s',
  async (round, isRunnerKilled) => {
    const chance = new Chance(round + 1);
    const given = options(isRunnerKilled);
    app.runs.length = 0;
    Object.assign(app, { length: TOKENS, upTo: TOKENS, paceMs: PACE_MS });
    const [doomed, steady, drained] = await Promise.all([
      ServerProcess.start({ config: given }),
      TestGateway.start(given),
      TestGateway.start(given),
    ]);
    const nodes: Node[] = [doomed, steady, drained];
    const stops = [doomed, steady];
    const runner = isRunnerKilled ? doomed : steady;
    const caller = await TestClient.connect(runner.url, [V1]);
    await caller.ask({ event: 'auth', method: 'jwt', token: TOKEN });
    const call = String((await caller.ask({ event: 'call', id: 1, procedure: 'answer' })).call);
    caller.drop();
    const watchers = Array.from(
      { length: WATCHERS },
      (_, index) => new Watcher(call, nodes, chance, index % 2 === 1),
    );
    const watching = Promise.all(watchers.map((watcher) => watcher.watch()));
    const hasGiven = (part: number): Promise<boolean> =>
      eventually(() => watchers.some(({ texts }) => texts.length > part * TOKENS), { timeoutMs: LATE_MS });
    await hasGiven(0.25);
    await doomed.stop();
    nodes.splice(nodes.indexOf(doomed), 1);
    await hasGiven(0.5);
    nodes.splice(nodes.indexOf(drained), 1);
    await drained.stop();
    const another = await TestGateway.start(given);
    nodes.push(another);
    stops.push(another);
    await watching;
    for (const node of stops) await node.stop();
    for (const { texts, told } of watchers)
      expect({ texts, told }).toEqual({ texts: app.text, told: undefined });
    // Whoever goes on with it may be the one that stops.
    if (isRunnerKilled) expect(app.runs.length).toBeGreaterThan(1);
    else expect(app.runs).toHaveLength(1);
    expect(watchers.reduce((sum, { visits }) => sum + visits, 0)).toBeGreaterThan(2 * WATCHERS);
  },
  2 * LATE_MS,
);
