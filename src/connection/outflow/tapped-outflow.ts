import type { CloseReason } from '../../protocol/close-reason.js';
import { payloadOf } from './frame.js';
import type { Outgoing } from './outgoing.js';
import type { Missable } from './overflow.js';

/** Hears the messages to a client. */
interface OutgoingListener {
  sent(payload: Buffer): void;
}

/** Tells a listener what a client is sent. It takes the place of an outflow as long as somebody listens. */
export class TappedOutflow implements Outgoing {
  constructor(
    private readonly inner: Outgoing,
    private readonly listener: OutgoingListener,
  ) {}

  /** The outflow without one of those who listen. */
  static without(outflow: Outgoing, listener: OutgoingListener): Outgoing {
    if (!(outflow instanceof TappedOutflow)) return outflow;
    if (outflow.listener === listener) return outflow.inner;
    return new TappedOutflow(TappedOutflow.without(outflow.inner, listener), outflow.listener);
  }

  /** See {@link Outgoing}, here and below. */
  get isBehind(): boolean {
    return this.inner.isBehind;
  }

  get backlog(): Promise<void> | undefined {
    return this.inner.backlog;
  }

  send(frame: Buffer): void {
    this.listener.sent(payloadOf(frame));
    this.inner.send(frame);
  }

  sendLater(frame: Buffer, missable: Missable, key: string | undefined): void {
    this.listener.sent(payloadOf(frame));
    this.inner.sendLater(frame, missable, key);
  }

  sendAhead(control: Buffer): void {
    this.inner.sendAhead(control);
  }

  flush(): void {
    this.inner.flush();
  }

  flushFor(reason: CloseReason): void {
    this.inner.flushFor(reason);
  }

  stop(): void {
    this.inner.stop();
  }
}
