import type { Incoming, Task } from './inbox.js';

/** Hears what a client sends and is sent. Neither may throw. */
export interface FrameListener {
  /** A message of the client, before it is handled. */
  received(payload: Buffer): void;
  /** A message to the client. It may be dropped, or replaced, while the client does not keep up. */
  sent(payload: Buffer): void;
}

/** Tells a listener what a client sends. It takes the place of an inbox as long as somebody listens. */
export class TappedInbox implements Incoming {
  constructor(
    private readonly inner: Incoming,
    private readonly listener: FrameListener,
  ) {}

  /** The inbox without one of those who listen. */
  static without(inbox: Incoming | undefined, listener: FrameListener): Incoming | undefined {
    if (!(inbox instanceof TappedInbox)) return inbox;
    if (inbox.listener === listener) return inbox.inner;
    return new TappedInbox(TappedInbox.without(inbox.inner, listener)!, inbox.listener);
  }

  /** See {@link Incoming}, here and below. */
  get isEmpty(): boolean {
    return this.inner.isEmpty;
  }

  push(frame: Buffer, nowMs: number): void {
    this.listener.received(frame);
    this.inner.push(frame, nowMs);
  }

  runLast(task: Task): void {
    this.inner.runLast(task);
  }

  runNext(task: Task): void {
    this.inner.runNext(task);
  }

  dropFrames(): void {
    this.inner.dropFrames();
  }

  dropFramesUnless(hasToBe: ((frame: Buffer) => boolean) | undefined): void {
    this.inner.dropFramesUnless(hasToBe);
  }
}
