import { stoppedAfterEach } from './support/cleanup.js';
import type { TestClient } from './support/client.js';
import { callOf, procedureOf, RpcStage, sharedRpc, V1 } from './support/rpc.js';
import { eventually } from './support/wait.js';

const started = stoppedAfterEach();

async function stageWith(options: Parameters<RpcStage['start']>[0]): Promise<RpcStage> {
  const stage = started(new RpcStage());
  await stage.start(options);
  return stage;
}

describe('a thousand calls of one connection', () => {
  it('run side by side; the next is refused until one has ended', async () => {
    const stage = await stageWith({ procedures: {} });
    const release: (() => void)[] = [];
    stage.add(procedureOf('wait', () => new Promise((resolve) => release.push(() => resolve('done')))));
    const client = await stage.connect();
    for (let i = 0; i < 999; i++) client.send(callOf('wait', [], i));
    client.send(callOf('hang', [], 'never'));
    expect(await client.ask(callOf('add', [1, 1], 'one more'))).toEqual({
      error: 'Too many calls at a time.',
      marker: 'one more',
    });
    expect(release).toHaveLength(999);
    for (const one of release) one();
    const markers = new Set<unknown>();
    for (let i = 0; i < 999; i++) {
      const { result, marker, eod } = await client.next();
      expect([result, eod]).toEqual(['done', 1]);
      markers.add(marker);
    }
    expect(markers.size).toBe(999);
    expect(stage.hanging.size).toBe(1);
    expect(await client.ask(callOf('add', [1, 1], 'again'))).toEqual({ result: 2, marker: 'again', eod: 1 });
  });

  it('are another limit where it is set, and are counted per connection', async () => {
    const stage = await stageWith({ procedures: { callsPerConnection: 1 } });
    const [one, other] = [await stage.connect(V1), await stage.connect(V1)];
    one.send(callOf('hang', [], 1));
    expect(await one.ask(callOf('add', [1, 1], 2))).toMatchObject({ code: 'too_many_calls', marker: 2 });
    expect(await other.ask(callOf('add', [1, 1], 2))).toMatchObject({ result: 2 });
    one.send({ cancel: 1 });
    expect(await one.next()).toMatchObject({ code: 'call_cancelled' });
    expect(await one.ask(callOf('add', [1, 1], 2))).toMatchObject({ result: 2 });
  });

  it('may together have frames of four times the largest', async () => {
    const stage = await stageWith({ procedures: { frameBytes: 10_000 } });
    const client = await stage.connect(V1);
    const large = 'x'.repeat(9_900);
    for (let i = 0; i < 4; i++) client.send(callOf('hang', [large], i));
    expect(await client.ask(callOf('add', [large, 1], 4))).toMatchObject({
      code: 'too_many_calls',
      marker: 4,
    });
    client.send({ cancel: 1 });
    await client.next();
    expect(await client.ask(callOf('echo', [large], 5))).toMatchObject({ result: large });
    expect(await client.ask(callOf('echo', [large], 6))).toMatchObject({ result: large });
  });
});

describe('a frame', () => {
  const stage = sharedRpc({ procedures: { frameBytes: 3_000_000 }, limits: { frameBytes: 1_000 } });

  it('may have the size that is set for procedures, not more', async () => {
    const sizes: [number, boolean][] = [
      [3_000_000, true],
      [3_000_001, false],
    ];
    for (const [size, isTaken] of sizes) {
      const client = await stage.connect();
      const frame = JSON.stringify(callOf('echo', ['']));
      client.send(frame.replace('""', `"${'x'.repeat(size - frame.length)}"`));
      if (isTaken) expect((await client.next()).result).toHaveLength(size - frame.length);
      else expect((await client.untilClosed()).code).toBe(1009);
    }
  });
});

describe('a frame, when nothing is set,', () => {
  const stage = sharedRpc();

  it('may have a mebibyte, as a request may', async () => {
    const client = await stage.connect();
    client.send(callOf('echo', ['x'.repeat(1_048_576)]));
    expect((await client.untilClosed()).code).toBe(1009);
  });

  // A million digits in a call held up everybody for a second.
  it('with more digits in a number than there may be is answered as what is not JSON', async () => {
    const client = await stage.connect(V1);
    const frame = JSON.stringify(callOf('echo', ['digits']));
    expect((await client.ask(frame.replace('"digits"', '7'.repeat(1_000)))).error).toBeUndefined();
    expect(await client.ask(frame.replace('"digits"', '7'.repeat(1_000_000)))).toMatchObject({
      code: 'invalid_frame',
    });
  });
});

describe('a result', () => {
  const stage = sharedRpc({
    procedures: { resultBytes: 1_000, deadline: '0s' },
    limits: { outboxBytes: 1_000 },
  });

  it('may have the size that is set, as bytes of UTF-8, not more', async () => {
    const client = await stage.connect(V1);
    for (const text of ['x'.repeat(998), 'é'.repeat(499)])
      expect(await client.ask(callOf('echo', [text]))).toEqual({ result: text, marker: 1, eod: 1 });
    for (const text of ['x'.repeat(999), 'é'.repeat(499) + 'x'])
      expect(await client.ask(callOf('echo', [text]))).toEqual({
        error: 'The result is too large.',
        marker: 1,
        code: 'result_too_large',
      });
  });

  it('of a stream ends it when it is too large', async () => {
    let isStopped = false;
    stage.add(
      procedureOf('grow', async function* () {
        try {
          for (let size = 900; ; size += 90) yield 'x'.repeat(size);
        } finally {
          isStopped = true;
        }
      }),
    );
    const client = await stage.connect(V1);
    client.send(callOf('grow', []));
    expect([await client.next(), await client.next(), await client.next()]).toMatchObject([
      { eod: 0 },
      { eod: 0 },
      { code: 'result_too_large' },
    ]);
    expect(await eventually(() => isStopped)).toBe(true);
  });
});

describe('results as large as they may be', () => {
  it('reach a client, several at a time, though they are more than may wait for others', async () => {
    const stage = await stageWith({
      procedures: { resultBytes: 4_000_000, frameBytes: 1_000 },
      limits: { outboxBytes: 1_000 },
    });
    const size = 4_000_000 - 2;
    stage.add(procedureOf('big', () => 'x'.repeat(size)));
    const client = await stage.connect();
    for (const round of [1, 2]) {
      for (let i = 0; i < 5; i++) client.send(callOf('big', [], round));
      for (let i = 0; i < 5; i++) expect((await client.next()).result).toHaveLength(size);
    }
  });
});

describe('a client that does not read', () => {
  const RESULT = 'x'.repeat(10_000);

  async function pausedStream(stage: RpcStage, client: TestClient): Promise<() => number> {
    let produced = 0;
    stage.add(
      procedureOf('flood', async function* () {
        for (;;) {
          produced++;
          yield RESULT;
        }
      }),
    );
    client.webSocket.pause();
    client.send(callOf('flood', [], 'flood'));
    await eventually(() => produced > 100);
    let before = -1;
    await eventually(
      () => {
        const isPaused = produced === before;
        before = produced;
        return isPaused;
      },
      { timeoutMs: 10_000, what: 'the stream to pause' },
    );
    return () => produced;
  }

  it('is not asked too much of: its streams pause, and go on when it reads', async () => {
    const stage = await stageWith({ procedures: {}, limits: { outboxBytes: 200_000 } });
    const client = await stage.connect();
    const produced = await pausedStream(stage, client);
    const paused = produced();
    const other = await stage.connect();
    expect(await other.ask(callOf('add', [1, 1]))).toMatchObject({ result: 2 });
    expect(produced()).toBe(paused);
    expect(await stage.gateway.metric('kittiwake_connections')).toBe(2);
    client.webSocket.resume();
    for (let i = 0; i < paused + 100; i++) expect((await client.next()).result).toBe(RESULT);
    expect(produced()).toBeGreaterThan(paused);
  });

  it('has its streams ended when it goes', async () => {
    const stage = await stageWith({ procedures: {} });
    let isStopped = false;
    stage.add(
      procedureOf('pour', async function* () {
        try {
          for (;;) yield RESULT;
        } finally {
          isStopped = true;
        }
      }),
    );
    const client = await stage.connect();
    client.webSocket.pause();
    client.send(callOf('pour', []));
    await pausedStream(stage, client);
    client.drop();
    await eventually(() => isStopped, { timeoutMs: 1000 });
  });

  it('has no more results kept for it than four times the largest', async () => {
    const stage = await stageWith({
      procedures: { resultBytes: 1_000_000 },
      limits: { outboxBytes: 1_000 },
    });
    stage.add(procedureOf('big', () => 'x'.repeat(999_990)));
    const client = await stage.connect(V1);
    client.webSocket.pause();
    for (let i = 0; i < 30; i++) client.send(callOf('big', [], i));
    await eventually(
      async () =>
        (await stage.gateway.metric('kittiwake_events_total', { event: 'call', outcome: 'error' })) >= 10,
    );
    client.webSocket.resume();
    const outcomes = { told: 0, refused: 0 };
    for (let i = 0; i < 30; i++) {
      const frame = await client.next();
      if ('result' in frame) outcomes.told++;
      else expect(frame).toMatchObject({ code: 'too_many_results' });
      if (!('result' in frame)) outcomes.refused++;
    }
    expect(outcomes.told).toBeGreaterThanOrEqual(5);
    expect(outcomes.refused).toBeGreaterThanOrEqual(10);
    expect(await client.ask(callOf('big', [], 'again'))).toHaveProperty('result');
  });
});

describe('a stream that never waits', () => {
  it('lets others have their turn', async () => {
    const stage = await stageWith({ procedures: {} });
    stage.add(
      procedureOf('spin', async function* () {
        for (let i = 0; ; i++) yield i;
      }),
    );
    const [greedy, modest] = [await stage.connect(V1), await stage.connect()];
    greedy.send(callOf('spin', [], 's'));
    expect(await greedy.next()).toMatchObject({ result: 0, eod: 0 });
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      expect(await modest.ask(callOf('add', [1, i]))).toMatchObject({ result: 1 + i });
      expect(performance.now() - start).toBeLessThan(500);
    }
    greedy.send({ cancel: 's' });
    await eventually(() => greedy.frames.some((frame) => frame.includes('call_cancelled')));
  });
});

describe('ten thousand frames of nonsense', () => {
  it.each([[[]], [[V1]]])('neither crash the gateway nor stop it from answering (%j)', async (protocols) => {
    const stage = await stageWith({ procedures: {}, limits: { eventsPerSecond: 0 } });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const client = await stage.connect(...protocols);
    const fuzz = new Fuzz(20_261_120);
    for (let i = 0; i < 10_000; i++) client.send(fuzz.frame());
    client.send(callOf('add', [1, 2], 'the end'));
    const last = await eventually(() => client.frames.find((frame) => frame.includes('"the end"')), {
      timeoutMs: 15_000,
    });
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(client.closed).toBeUndefined();
    for (const frame of client.frames) expect(JSON.parse(frame)).toHaveProperty('marker');
    expect(JSON.parse(last)).toEqual({ result: 3, marker: 'the end', eod: 1 });
  });
});

/** Frames that are nearly calls, the same for the same seed. */
class Fuzz {
  constructor(private seed: number) {}

  frame(): string | Buffer {
    const text = this.json(0);
    switch (this.below(6)) {
      case 0:
        return this.mutilated(text);
      case 1:
        return this.mutilated(this.call());
      case 2:
        return text;
      case 3:
        return Buffer.from(this.bytes(this.below(64)));
      default:
        return this.call();
    }
  }

  private call(): string {
    const members = ['function_name', 'parameters_list', 'marker', 'cancel', 'parameters', '__proto__', 'eod']
      .filter((name) => this.below(name === 'cancel' || name.startsWith('_') ? 8 : 5) !== 0)
      .map((name) => `${JSON.stringify(name)}:${this.member(name)}`);
    return `{${members.join(',')}}`;
  }

  private member(name: string): string {
    if (name === 'function_name' && this.below(4) > 0)
      return JSON.stringify(
        this.one(['add', 'echo', 'count', 'fail', 'refuse', 'nope', '__proto__', 'told']),
      );
    if (name === 'parameters_list' && this.below(4) > 0)
      return `[${Array.from({ length: this.below(4) }, () => this.json(1)).join(',')}]`;
    return this.json(0);
  }

  private json(depth: number): string {
    switch (this.below(depth > 4 ? 6 : 9)) {
      case 0:
        return this.one(['null', 'true', 'false']);
      case 1:
        return this.one(['0', '-1', '1e3', '12345678901234567890', '1.5', '-0', '1E400']);
      case 2:
        return JSON.stringify(this.one(['', 'a', 'é😀', '\u0000', '"\\', '__base64__', 'x'.repeat(300)]));
      case 3:
        return '"\\ud800"';
      case 4:
        return '{"__base64__":"AAE="}';
      case 5:
        return '{"__bytes__":1}';
      case 6:
        return `[${this.json(depth + 1)},${this.json(depth + 1)}]`;
      case 7:
        return `{${JSON.stringify(this.one(['a', '__proto__', 'constructor', 'toJSON']))}:${this.json(depth + 1)}}`;
      default:
        return '['.repeat(this.below(600)) + ']'.repeat(this.below(600));
    }
  }

  private mutilated(text: string): string | Buffer {
    const bytes = Buffer.from(text);
    const at = this.below(bytes.length + 1);
    switch (this.below(3)) {
      case 0:
        return bytes.subarray(0, at);
      case 1:
        if (at < bytes.length) bytes[at] = this.below(256);
        return bytes;
      default:
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(this.bytes(3)), bytes.subarray(at)]);
    }
  }

  private bytes(length: number): number[] {
    return Array.from({ length }, () => this.below(256));
  }

  private one(values: string[]): string {
    return values[this.below(values.length)]!;
  }

  /** Mulberry32. */
  private below(limit: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}
