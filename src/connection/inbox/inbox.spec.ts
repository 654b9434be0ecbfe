import { jest } from '@jest/globals';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Inbox, type InboxOwner } from './inbox.js';
import { LoopShare } from './loop-share.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class FakeOwner implements InboxOwner {
  readonly log: string[] = [];
  readonly admission = undefined;
  private finish: (() => void)[] = [];

  handle(frame: Buffer): Promise<void> {
    this.log.push(`begin ${frame.toString()}`);
    return new Promise((resolve, reject) => {
      this.finish.push(() => {
        this.log.push(`end ${frame.toString()}`);
        if (String(frame) === 'bad') reject(new Error('bad'));
        else resolve();
      });
    });
  }

  failed(error: unknown): void {
    this.log.push(`failed ${(error as Error).message}`);
  }

  overtakes(frame: Buffer): boolean {
    return String(frame).startsWith('ping');
  }

  pause(): void {
    this.log.push('pause');
  }

  resume(): void {
    this.log.push('resume');
  }

  async finishOne(): Promise<void> {
    this.finish.shift()?.();
    await settle();
  }
}

describe('the inbox of a connection', () => {
  let owner: FakeOwner;
  let inbox: Inbox;
  const push = (...frames: string[]): void =>
    frames.forEach((frame) => inbox.push(Buffer.from(frame), monotonicMs()));

  beforeEach(() => {
    owner = new FakeOwner();
    inbox = new Inbox(owner, 10 + 2 * 128, new LoopShare()); // besides its bytes, a frame counts 128
  });

  // A pong that came after all callbacks, 51 s late, was no sign of life.
  it('has a frame that overtakes handled at once, and those before it go on as they were', async () => {
    push('1', '2', 'ping');
    expect(owner.log).toEqual(['begin 1', 'begin ping']);
    await owner.finishOne();
    expect(owner.log).toEqual(['begin 1', 'begin ping', 'end 1', 'begin 2']);
  });

  it('has no more than ten overtake at once: the others take their turn, and count as waiting', () => {
    push('1', ...Array.from({ length: 12 }, () => 'ping'));
    expect(owner.log.filter((line) => line === 'begin ping')).toHaveLength(10);
    expect(inbox.isEmpty).toBe(false);
    push('2');
    expect(owner.log.at(-1)).toBe('pause');
  });

  it('handles one frame after the other', async () => {
    push('1', '2');
    expect(owner.log).toEqual(['begin 1']);
    await owner.finishOne();
    await owner.finishOne();
    expect(owner.log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('goes on after a failure', async () => {
    push('bad', '2');
    await owner.finishOne();
    expect(owner.log).toEqual(['begin bad', 'end bad', 'failed bad', 'begin 2']);
  });

  it('runs urgent tasks before the frames that wait, and last tasks behind them', async () => {
    push('1', '2');
    inbox.runLast(async () => owner.log.push('last'));
    inbox.runNext(async () => owner.log.push('next'));
    await owner.finishOne();
    await owner.finishOne();
    expect(owner.log).toEqual(['begin 1', 'end 1', 'next', 'begin 2', 'end 2', 'last']);
  });

  it('stops the flow above its limit and lets it go on at half of it', async () => {
    push('now', '12345', '6789', '0!');
    expect(owner.log).toEqual(['begin now', 'pause']);
    await owner.finishOne();
    expect(owner.log).not.toContain('resume');
    await owner.finishOne();
    expect(owner.log).toEqual([
      'begin now',
      'pause',
      'end now',
      'begin 12345',
      'end 12345',
      'resume',
      'begin 6789',
    ]);
  });

  it('forgets frames but not tasks when it is told to', async () => {
    push('1', '2', '3');
    inbox.runLast(async () => owner.log.push('last'));
    inbox.dropFrames();
    expect(inbox.isEmpty).toBe(false);
    await owner.finishOne();
    expect(owner.log).toEqual(['begin 1', 'end 1', 'last']);
    expect(inbox.isEmpty).toBe(true);
  });

  it('counts frames without bytes, too', () => {
    push('now', '', '', '', '');
    expect(owner.log).toEqual(['begin now', 'pause']);
  });

  it('takes many small frames without slowing down', async () => {
    push(...Array.from({ length: 5000 }, (_, i) => String(i)));
    for (let i = 0; i < 5000; i++) await owner.finishOne();
    expect(owner.log.filter((line) => line.startsWith('end'))).toHaveLength(5000);
  });
});

describe('inboxes that share the event loop', () => {
  const SLOW_MS = 6;
  const log: string[] = [];
  let nowMs: number;
  let share: LoopShare;

  /** Handles frames at once, each in more than half of a slice. */
  function inboxOf(name: string): Inbox {
    const handle = (frame: Buffer): void => {
      nowMs += SLOW_MS;
      log.push(`${name}${frame.toString()}`);
    };
    const nothing = (): void => undefined;
    const owner = { handle, overtakes: () => false, admission: undefined, failed: nothing };
    return new Inbox({ ...owner, pause: nothing, resume: nothing }, 1_000_000, share);
  }

  beforeEach(() => {
    log.length = 0;
    nowMs = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    share = new LoopShare();
  });

  afterEach(() => jest.restoreAllMocks());

  it('go on with one another, and with the loop, in the middle of a burst', async () => {
    const [greedy, modest] = [inboxOf('g'), inboxOf('m')];
    for (let i = 1; i <= 6; i++) greedy.push(Buffer.from(`${i}`), performance.now());
    modest.push(Buffer.from('1'), performance.now());
    while (log.filter((line) => line !== 'turn').length < 7) {
      await settle();
      log.push('turn');
    }
    expect(log.filter((line) => line !== 'turn')).toEqual(['g1', 'g2', 'g3', 'g4', 'm1', 'g5', 'g6']);
    expect(log.indexOf('turn')).toBeLessThan(log.indexOf('m1'));
  });

  it('do tasks at once, whoever waits', async () => {
    const greedy = inboxOf('g');
    for (let i = 1; i <= 3; i++) greedy.push(Buffer.from(`${i}`), performance.now());
    inboxOf('m').runLast(async () => log.push('task'));
    expect(log.at(-1)).toBe('task');
  });

  it('do not wait for nothing when their frames have been forgotten meanwhile', async () => {
    const greedy = inboxOf('g');
    for (let i = 1; i <= 3; i++) greedy.push(Buffer.from(`${i}`), performance.now());
    greedy.dropFrames();
    for (let i = 0; i < 3; i++) await settle();
    greedy.push(Buffer.from('new'), performance.now());
    expect(log.at(-1)).toBe('gnew');
  });
});
