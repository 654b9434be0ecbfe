import { writeSync } from 'node:fs';

/** What waits while lines cannot be written; beyond it they are dropped. */
const MAX_WAITING_BYTES = 1 << 20;
const RETRY_MS = 100;
/** For how long a process that ends waits for whoever reads its log. */
const LAST_PATIENCE_MS = 500;
const STANDARD_OUTPUT = 1;

/**
 * Standard output, as a log needs it: nothing that happens to it holds up or ends the gateway. While it cannot be written
 * (a full disk, a reader that does not read) lines wait, up to 1 MiB, and those beyond are counted.
 */
export class LogOutput {
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private droppedLines = 0;
  private failure: string | undefined;

  /** @param onRecovery told when lines are written again: why they were not, and how many were dropped */
  constructor(private readonly onRecovery: (failure: string, droppedLines: number) => void) {
    void process.stdout; // from here on Node keeps a pipe from blocking who writes to it
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.droppedLines++;
      return;
    }
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    if (this.failure === undefined) this.writeWaiting();
  }

  private writeWaiting(): void {
    const error = this.tryToWrite();
    if (error) {
      if (this.failure === undefined) process.once('exit', this.writeLast);
      this.failure = error.message;
      setTimeout(() => this.writeWaiting(), RETRY_MS).unref();
      return;
    }
    const { failure, droppedLines } = this;
    if (failure !== undefined) process.off('exit', this.writeLast);
    this.failure = undefined;
    this.droppedLines = 0;
    if (failure !== undefined && droppedLines > 0) this.onRecovery(failure, droppedLines);
  }

  /** @returns what keeps lines from being written, if anything does */
  private tryToWrite(): Error | undefined {
    try {
      for (let first = this.waiting[0]; first; first = this.waiting[0]) {
        const writtenBytes = writeSync(STANDARD_OUTPUT, first);
        this.waitingBytes -= writtenBytes;
        if (writtenBytes < first.length) this.waiting[0] = first.subarray(writtenBytes);
        else this.waiting.shift();
      }
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** Of a process that ends: only what is synchronous runs here. */
  private readonly writeLast = (): void => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + LAST_PATIENCE_MS;
    while (isBusy(this.tryToWrite()) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 10);
  };
}

/** Whether there is a reader that has not read yet. */
function isBusy(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'EAGAIN';
}
