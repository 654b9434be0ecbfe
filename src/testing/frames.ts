import { inspect } from 'node:util';
import type { WebSocket } from 'ws';
import { isObject } from '../protocol/json/json.js';
import { ExpectationError } from './expectation-error.js';

/** A frame, parsed. */
export type Frame = Readonly<Record<string, unknown>>;

/** The end of a connection. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** The frames of one connection, and its end, which expectations wait for with a deadline. */
export class Frames {
  /** All that have come, in their order. */
  readonly all: Frame[] = [];
  closed: Closed | undefined;
  private readonly untaken: Frame[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(
    webSocket: WebSocket,
    /** The time for which an expectation waits. */
    private readonly timeoutMs: number,
  ) {
    webSocket.on('message', (data: Buffer) => this.came(() => this.add(JSON.parse(data.toString()))));
    webSocket.on('close', (code, reason) =>
      this.came(() => (this.closed = { code, reason: reason.toString() })),
    );
    webSocket.on('error', () => undefined); // the close that follows says it
  }

  /**
   * Takes the first frame of a kind, as soon as there is one.
   * @param what the kind, as errors name it.
   * @throws {ExpectationError} when none came in time, or the connection has ended.
   */
  async take(what: string, isIt: (frame: Frame) => boolean): Promise<Frame> {
    const isThere = (): boolean => this.untaken.some(isIt);
    await this.until(() => isThere() || this.closed !== undefined);
    if (!isThere()) throw new ExpectationError(`${what} did not come ${this.instead()}`);
    return this.untaken.splice(this.untaken.findIndex(isIt), 1)[0]!;
  }

  /** The frames of a kind that no expectation has taken. */
  left(isIt: (frame: Frame) => boolean): Frame[] {
    return this.untaken.filter(isIt);
  }

  /** @throws {ExpectationError} when the connection does not end in time. */
  async end(): Promise<Closed> {
    await this.until(() => this.closed !== undefined);
    if (!this.closed) throw new ExpectationError(`the end of the connection did not come ${this.instead()}`);
    return this.closed;
  }

  private add(frame: unknown): void {
    if (!isObject(frame)) return;
    this.all.push(frame);
    this.untaken.push(frame);
  }

  private came(note: () => void): void {
    note();
    for (const wake of this.waiting) wake();
  }

  /** Resolves when it is so, or the time is up. */
  private until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(done, this.timeoutMs);
      const wake = (): void => {
        if (isSo()) done();
      };
      this.waiting.add(wake);
    });
  }

  private instead(): string {
    const came = this.untaken.map((frame) => `\n  ${inspect(frame, { breakLength: Infinity, depth: 5 })}`);
    const others = came.length > 0 ? `; what did come:${came.join('')}` : '; nothing else came';
    if (!this.closed) return `within ${this.timeoutMs} ms${others}`;
    const { code, reason } = this.closed;
    return `before the connection was closed with ${code} ${JSON.stringify(reason)}${others}`;
  }
}
