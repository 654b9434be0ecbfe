import { jest } from '@jest/globals';
import type { Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { statusOf } from './worker-status.js';

/** A worker that says how it is, unless it is stopped. */
class FakeWorker extends EventEmitter {
  readonly process = { pid: 7 };

  constructor(private readonly isStopped: boolean) {
    super();
  }

  isConnected(): boolean {
    return true;
  }

  send(): void {
    this.emit('message', 'something else');
    if (!this.isStopped) this.emit('message', { ownStatus: { worker: 7, state: 'ready' } });
  }
}

describe('the status of a worker process', () => {
  beforeAll(() => void jest.useFakeTimers());
  afterAll(() => void jest.useRealTimers());

  async function told(worker: FakeWorker): Promise<unknown> {
    const status = statusOf(worker as unknown as Worker);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(worker.listenerCount('message')).toBe(0);
    return status;
  }

  it('is what it says', async () => {
    expect(await told(new FakeWorker(false))).toEqual({ worker: 7, state: 'ready' });
  });

  it('is that it does not answer when it says nothing for a second', async () => {
    expect(await told(new FakeWorker(true))).toEqual({ pid: process.pid, worker: 7, state: 'no answer' });
  });
});
