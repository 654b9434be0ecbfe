import { monotonicMs } from '../../base/monotonic-ms.js';
import type { AdmissionClock } from './admission-clock.js';
import type { LoopShare, Worker } from './loop-share.js';

/** The memory that a waiting frame takes besides its bytes: empty frames need some, too. */
const FRAME_OVERHEAD_BYTES = 128;

/** Overtaking is limited to a burst of so many frames, and then one in so many milliseconds. */
const OVERTAKING_BURST = 10;
const OVERTAKING_MS = 100;

/** Work that takes its turn among the frames of a connection. */
export type Task = () => Promise<unknown>;

/** The connection that an inbox works for. */
export interface InboxOwner {
  /** Handles one frame; the next is not handed over before it settles. */
  handle(frame: Buffer): unknown;
  /** Whether a frame does not wait for those before it; handling it MUST NOT take longer than the call. */
  overtakes(frame: Buffer): boolean;
  /** Stopped while anything that the client has sent is being handled: that time is not the client's. */
  readonly admission: AdmissionClock | undefined;
  /** Called with what `handle` or a task threw. */
  failed(error: unknown): void;
  /** Stops the flow of frames. */
  pause(): void;
  resume(): void;
}

/** The part that takes the frames of a client, and the tasks among them. See {@link Inbox}. */
export type Incoming = Pick<
  Inbox,
  'isEmpty' | 'push' | 'runLast' | 'runNext' | 'dropFrames' | 'dropFramesUnless'
>;

/**
 * Handles the events of one connection strictly one after the other, but for the few that overtake. While more than
 * `maxBytes` wait, the flow of frames is paused, so that memory does not grow with the haste of a client. Frames are
 * handled within the share of the event loop; tasks are the gateway's own, and do not ask for it.
 */
export class Inbox implements Worker {
  private queue: (Buffer | Task)[] = [];
  private head = 0;
  private waitingBytes = 0;
  private isPaused = false;
  private isRunning = false;
  private overtakingAtMs = 0;

  constructor(
    private readonly owner: InboxOwner,
    private readonly maxBytes: number,
    private readonly share: LoopShare,
  ) {}

  /** Whether nothing waits behind what is being handled now. */
  get isEmpty(): boolean {
    return this.head === this.queue.length;
  }

  /** Forgets the frames that wait, unless one of them has to be handled. Without a test, every frame has to be. */
  dropFramesUnless(hasToBe: ((frame: Buffer) => boolean) | undefined): void {
    const waiting = this.queue.slice(this.head);
    if (hasToBe && !waiting.some((item) => Buffer.isBuffer(item) && hasToBe(item))) this.dropFrames();
  }

  /** Takes a frame from the client. @param nowMs as `monotonicMs` has it. */
  push(frame: Buffer, nowMs: number): void {
    if (this.isRunning && this.owner.overtakes(frame) && this.mayOvertake()) this.handleNow(frame);
    else this.enqueue(frame, nowMs);
  }

  private enqueue(frame: Buffer, nowMs: number): void {
    this.queue.push(frame);
    this.waitingBytes += frame.length + FRAME_OVERHEAD_BYTES;
    if (this.waitingBytes > this.maxBytes && !this.isPaused) {
      this.isPaused = true;
      this.owner.pause();
    }
    this.start(nowMs);
  }

  /** Runs a task when everything that waits now is done. */
  runLast(task: Task): void {
    this.queue.push(task);
    this.start();
  }

  /** Runs a task as soon as the event that is being handled now is done, before all that waits. */
  runNext(task: Task): void {
    this.queue.splice(this.head, 0, task);
    this.start();
  }

  /** Forgets the frames that wait; tasks stay. */
  dropFrames(): void {
    this.queue = this.queue.slice(this.head).filter((item) => typeof item === 'function');
    this.head = 0;
    this.waitingBytes = 0;
    this.resumeIfDrained();
  }

  /** Limits overtaking, which is work outside the share of the event loop. */
  private mayOvertake(): boolean {
    const nowMs = performance.now();
    const atMs = Math.max(nowMs, this.overtakingAtMs);
    if (atMs - nowMs > (OVERTAKING_BURST - 1) * OVERTAKING_MS) return false;
    this.overtakingAtMs = atMs + OVERTAKING_MS;
    return true;
  }

  private handleNow(frame: Buffer): void {
    try {
      this.owner.handle(frame);
    } catch (error) {
      this.owner.failed(error);
    }
  }

  private start(nowMs = monotonicMs()): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.owner.admission?.stop(nowMs);
    this.work(nowMs);
  }

  /** See {@link Worker.work}. */
  work(nowMs?: number): void {
    let knownMs = nowMs;
    while (!this.isEmpty) {
      const isTask = typeof this.queue[this.head] === 'function';
      if (!isTask && !this.share.grants(this, knownMs ?? performance.now())) return;
      knownMs = undefined;
      if (this.handlesLonger(this.take())) return;
    }
    this.isRunning = false;
    this.owner.admission?.goOn(monotonicMs());
  }

  /** Handles one item. @returns whether that takes longer than the call; the others follow by themselves then. */
  private handlesLonger(item: Buffer | Task): boolean {
    try {
      const result = typeof item === 'function' ? item() : this.owner.handle(item);
      if (!isPromise(result)) return false;
      void this.goOnAfter(result);
      return true;
    } catch (error) {
      this.owner.failed(error);
      return false;
    }
  }

  private async goOnAfter(result: PromiseLike<unknown>): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.owner.failed(error);
    }
    this.work();
  }

  private take(): Buffer | Task {
    const item = this.queue[this.head++]!;
    this.compact();
    if (typeof item === 'function') return item;
    this.waitingBytes -= item.length + FRAME_OVERHEAD_BYTES;
    this.resumeIfDrained();
    return item;
  }

  private resumeIfDrained(): void {
    if (!this.isPaused || this.waitingBytes > this.maxBytes / 2) return;
    this.isPaused = false;
    this.owner.resume();
  }

  private compact(): void {
    if (this.head === this.queue.length) this.queue.length = 0;
    else if (this.head >= 1024) this.queue = this.queue.slice(this.head);
    else return;
    this.head = 0;
  }
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as PromiseLike<unknown> | undefined)?.then === 'function';
}
