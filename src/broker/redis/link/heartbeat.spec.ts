import { stat } from 'node:fs/promises';
import { RedisHeartbeat, type Probe } from './heartbeat.js';

const TIMING = { pingIntervalMs: 1, pingTimeoutMs: 250 };

describe('the heartbeat of a connection', () => {
  let heartbeat: RedisHeartbeat;
  let faults: string[];
  let ended: Promise<void>;
  let end: () => void;

  beforeEach(() => {
    faults = [];
    ended = new Promise((resolve) => {
      end = resolve;
    });
  });
  afterEach(() => heartbeat.stop());

  function start(...probes: Probe[]): void {
    heartbeat = new RedisHeartbeat(probes, TIMING, (fault) => {
      faults.push(fault);
      end();
    });
  }

  it('goes on when the answer lay unread because this process was busy', async () => {
    let beats = 0;
    start(async () => {
      if (++beats === 3) end();
      // Takes no time, but ends after the timers that are due, as the reading of a socket does.
      await stat('.');
      return undefined;
    });
    const until = performance.now() + 2 * TIMING.pingTimeoutMs;
    while (performance.now() < until);
    await ended;
    expect(faults).toEqual([]);
  });

  it('ends when one of the connections does not answer', async () => {
    start(
      async () => undefined,
      () => new Promise(() => undefined),
    );
    await ended;
    expect(faults).toEqual(['no answer to PING within 250 ms']);
  });

  it('ends when a probe names a fault', async () => {
    start(
      async () => undefined,
      async () => 'cut off',
    );
    await ended;
    expect(faults).toEqual(['cut off']);
  });
});
