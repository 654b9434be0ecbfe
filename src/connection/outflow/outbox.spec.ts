import { Logger } from '@nestjs/common';
import type { Batch } from './batch.js';
import { Outbox, type Outlet } from './outbox.js';

class FakeOutlet implements Outlet {
  waiting: Batch | undefined;
  readonly writes: Buffer[] = [];

  write(frames: Buffer): void {
    this.writes.push(frames);
  }

  get texts(): string[] {
    return this.writes.map(String);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const [A, B, C] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

describe('the outbox', () => {
  let outbox: Outbox;
  let one: FakeOutlet;
  let two: FakeOutlet;

  beforeEach(() => {
    outbox = new Outbox();
    one = new FakeOutlet();
    two = new FakeOutlet();
  });

  it('writes all frames of a turn at once, in order', async () => {
    for (const frame of [A, B, C]) outbox.add(one, frame);
    expect(one.writes).toEqual([]);
    await turn();
    expect(one.texts).toEqual(['abc']);
  });

  it('begins anew with each turn', async () => {
    outbox.add(one, A);
    await turn();
    outbox.add(one, B);
    await turn();
    expect(one.texts).toEqual(['a', 'b']);
  });

  it('writes the very same bytes to outlets that got the same frames in the same order', async () => {
    for (const frame of [A, B]) for (const outlet of [one, two]) outbox.add(outlet, frame);
    await turn();
    expect(one.texts).toEqual(['ab']);
    expect(two.writes[0]).toBe(one.writes[0]);
  });

  it('keeps outlets apart that got other frames, or another order', async () => {
    for (const frame of [A, B]) outbox.add(one, frame);
    for (const frame of [B, A, C]) outbox.add(two, frame);
    await turn();
    expect([one.texts, two.texts]).toEqual([['ab'], ['bac']]);
  });

  it('does not copy a single frame', async () => {
    outbox.add(one, A);
    await turn();
    expect(one.writes[0]).toBe(A);
  });

  it('can write what waits for one outlet at once', async () => {
    for (const outlet of [one, two]) outbox.add(outlet, A);
    outbox.flushOne(one);
    expect([one.texts, two.texts]).toEqual([['a'], []]);
    await turn();
    expect([one.texts, two.texts]).toEqual([['a'], ['a']]);
  });

  it('takes a burst of many frames in one turn', async () => {
    for (let i = 0; i < 50_000; i++) outbox.add(one, A);
    await turn();
    expect(one.writes.map((write) => write.length)).toEqual([50_000]);
  });

  it('writes at once what has grown large, and goes on collecting', async () => {
    const large = Buffer.alloc(200_000);
    for (let i = 0; i < 3; i++) outbox.add(one, large);
    expect(one.writes.map((write) => write.length)).toEqual([400_000]);
    await turn();
    expect(one.writes.map((write) => write.length)).toEqual([400_000, 200_000]);
  });

  it('writes to the others when one fails', async () => {
    Logger.overrideLogger(false);
    one.write = () => {
      throw new Error('broken');
    };
    for (const outlet of [one, two]) outbox.add(outlet, A);
    await turn();
    expect(two.texts).toEqual(['a']);
    outbox.add(one, A);
    expect(one.waiting).toBeDefined();
  });
});
