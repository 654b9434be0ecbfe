import { setImmediate as turn } from 'node:timers/promises';
import { Arrivals, type Delay } from './arrivals.js';

const CHANNEL = Buffer.from('books.1');

/** Keeps the process busy, as a large message or many subscriptions do. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('messages that come', () => {
  let handled: string[];
  let feed: { isPaused: boolean; pause(): void; resume(): void };

  beforeEach(() => {
    handled = [];
    feed = {
      isPaused: false,
      pause: () => (feed.isPaused = true),
      resume: () => (feed.isPaused = false),
    };
  });

  function newIntake(ms: number): Arrivals {
    const list = handled;
    return new Arrivals((_, bytes) => {
      list.push(bytes.toString('utf8', 0, 8));
      work(ms);
    }, feed);
  }

  function push(intake: Arrivals, texts: readonly string[]): void {
    intake.begin();
    for (const text of texts) intake.push(CHANNEL, Buffer.from(text));
  }

  it('hands over at once what takes little time', () => {
    push(newIntake(0), ['a', 'b', 'c']);
    expect(handled).toEqual(['a', 'b', 'c']);
  });

  it('lets everything else have its turn in a flood, and keeps the order', async () => {
    const intake = newIntake(2);
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`);
    push(intake, texts.slice(0, 40));
    const perTurn = [handled.length];
    push(intake, texts.slice(40, 45));
    while (handled.length < 45) {
      const before = handled.length;
      await turn();
      perTurn.push(handled.length - before);
    }
    push(intake, texts.slice(45));
    while (handled.length < 50) await turn();
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(6);
    expect(handled).toEqual(texts);
  });

  it('says of what has waited when it came, and how many wait behind it', async () => {
    const delays: (Delay | undefined)[] = [];
    const intake = new Arrivals((_channel, _bytes, delay) => (delays.push(delay), work(11)), feed);
    const cameMs = Date.now();
    push(intake, ['a', 'b', 'c']);
    const pushedMs = Date.now();
    while (delays.length < 3) await turn();
    expect(delays.map((delay) => delay?.queueSize)).toEqual([undefined, 1, 0]);
    for (const { receivedAtMs } of delays.slice(1) as Delay[]) {
      expect(receivedAtMs).toBeGreaterThanOrEqual(cameMs);
      expect(receivedAtMs).toBeLessThanOrEqual(pushedMs);
    }
  });

  it('stops reading while too much waits', async () => {
    const intake = newIntake(11);
    const texts = Array.from({ length: 5 }, (_, i) => `${i}`.padEnd(1_048_576));
    push(intake, texts.slice(0, 4));
    expect(feed.isPaused).toBe(false);
    push(intake, texts.slice(4));
    expect(feed.isPaused).toBe(true);
    while (handled.length < 3) await turn();
    expect(feed.isPaused).toBe(true);
    while (handled.length < 4) await turn();
    expect(feed.isPaused).toBe(false);
    while (handled.length < 5) await turn();
    expect(handled.map((text) => text.trim())).toEqual(['0', '1', '2', '3', '4']);
  });

  it('shows that something arrives, at once while something waits', async () => {
    const intake = newIntake(11);
    let hasArrived = false;
    const arrived = intake.arrived().then(() => (hasArrived = true));
    await turn();
    expect(hasArrived).toBe(false);
    push(intake, ['a', 'b']);
    await arrived;
    await intake.arrived();
    expect(handled).toEqual(['a']);
  });

  it('drops what waits when it is closed, be it by what it hands over', async () => {
    const intake = newIntake(11);
    push(intake, ['a', 'b']);
    intake.close();
    push(intake, ['c']);
    await turn();
    await turn();
    expect(handled).toEqual(['a']);

    const closing = new Arrivals((_, bytes) => {
      handled.push(bytes.toString());
      work(3);
      if (handled.length === 6) closing.close();
    }, feed);
    push(closing, ['d', 'e', 'f', 'g', 'h', 'i', 'j']);
    for (let i = 0; i < 5; i++) await turn();
    expect(handled).toEqual(['a', 'd', 'e', 'f', 'g', 'h']);
  });
});
