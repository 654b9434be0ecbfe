import { LoopShare, type Worker } from './loop-share.js';

let nowMs: number;
let log: string[];
let share: LoopShare;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Does pieces of work that take so long. */
class FakeWorker implements Worker {
  private done = 0;

  constructor(
    private readonly name: string,
    private left: number,
    private readonly pieceMs: number,
  ) {}

  work(): void {
    while (this.left > 0 && share.grants(this, nowMs)) {
      this.left--;
      nowMs += this.pieceMs;
      log.push(`${this.name}${++this.done}`);
    }
  }
}

describe('the event loop', () => {
  beforeEach(() => {
    nowMs = 1000;
    log = [];
    share = new LoopShare(() => nowMs);
  });

  afterEach(async () => {
    for (let i = 0; i < 6; i++) await turn(); // nothing of one test is left for the next
  });

  it('is given at once to who asks first, for a slice of time and the piece that was begun in it', () => {
    new FakeWorker('a', 9, 4).work();
    expect(log).toEqual(['a1', 'a2', 'a3']);
  });

  // 2,000 forged tokens of one client kept everybody else waiting for 8 s.
  it('goes on with sockets and timers between the slices of a burst', async () => {
    new FakeWorker('a', 9, 4).work();
    for (let i = 0; i < 6; i++) {
      log.push('turn');
      await turn();
    }
    expect(log.join(' ')).toMatch(/^a1 a2 a3 turn (turn )?a4 a5 a6 turn (turn )?a7 a8 a9( turn)+$/);
  });

  it('is given by turns: who asks while others wait is behind them', async () => {
    new FakeWorker('a', 6, 4).work();
    new FakeWorker('b', 1, 1).work();
    new FakeWorker('c', 1, 1).work();
    expect(log).toEqual(['a1', 'a2', 'a3']);
    for (let i = 0; i < 6; i++) await turn();
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'c1']);
    new FakeWorker('a', 9, 4).work();
    new FakeWorker('b', 9, 4).work();
    for (let i = 0; i < 9; i++) await turn();
    expect(log.slice(8).join('')).toBe('a1a2a3a4a5a6b1b2b3a7a8a9b4b5b6b7b8b9');
  });

  it('counts what one has put off until promises settle to its time, before the next has its turn', async () => {
    const later: Worker = {
      work: () => {
        if (share.grants(later, nowMs)) void slowly();
      },
    };
    const slowly = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      nowMs += 50;
      log.push('later');
    };
    new FakeWorker('a', 4, 4).work();
    later.work();
    new FakeWorker('b', 1, 1).work();
    await turn();
    await turn();
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4', 'later', 'b1']);
  });

  it('is free again when everybody has had their turn', async () => {
    new FakeWorker('a', 4, 4).work();
    for (let i = 0; i < 4; i++) await turn();
    new FakeWorker('b', 1, 1).work();
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });
});
