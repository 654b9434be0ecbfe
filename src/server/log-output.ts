import { writeSync } from 'node:fs';

/** The limit of waiting lines, while they cannot be written; further ones are dropped. */
const MAX_WAITING_BYTES = 1 << 20;
const RETRY_MS = 100;
/** The time that a process that ends gives a slow reader of its log. */
const LAST_PATIENCE_MS = 500;
const STANDARD_OUTPUT = 1;

/**
 * Standard output for a log: no fault of it holds up or ends the gateway. While it cannot be written (a full disk, a
 * reader that does not read) lines wait, up to 1 MiB, and further ones are dropped and counted.
 */
export class LogOutput {
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private droppedLines = 0;
  private failure: string | undefined;

  /** @param onRecovery called when lines are written again, if some were dropped: the cause, and their number */
  constructor(private readonly onRecovery: (failure: string, droppedLines: number) => void) {
    void process.stdout; // opening it makes a pipe non-blocking, so that writeSync() never waits
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

  /** Writes as many lines as possible. @returns the error that stopped it, if any */
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

  /** Runs when the process ends, where only synchronous code does. */
  private readonly writeLast = (): void => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + LAST_PATIENCE_MS;
    while (isBusy(this.tryToWrite()) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 10);
  };
}

/** Whether the pipe is full: its reader is slow. */
function isBusy(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'EAGAIN';
}
