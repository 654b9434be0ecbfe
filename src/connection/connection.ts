import { Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { LogLine } from '../metrics/log-line.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import { AdmissionClock } from './admission-clock.js';
import type { ConnectionHost } from './connection-host.js';
import { type Deadlines, dueAt, nextDueAtMs } from './deadlines.js';
import type { Deflater } from './outflow/deflater.js';
import { discardAfter } from './discard.js';
import type { Endpoint } from './endpoint.js';
import { EventRate } from './event-rate.js';
import { textFrame } from './outflow/frame.js';
import type { KeptBytes } from './kept-bytes.js';
import { Lag, type Taker } from './outflow/lag.js';
import { KnownClient } from './known-client.js';
import type { Missable } from './outflow/overflow.js';
import { Inbox, type InboxOwner, type Task } from './inbox.js';
import type { Batch } from './outflow/batch.js';
import type { Outlet } from './outflow/outbox.js';
import type { Swept } from './wheel.js';
import { monotonicMs } from '../base/monotonic-ms.js';

const logger = new Logger('Connection');
/** What waits for a client that reads as fast as it can; more than the high-water mark of a socket. */
const LITTLE_BYTES = 65_536;
const PING_FRAME = Buffer.from([0x89, 0x00]);

/** One client socket. The only way out to a client is {@link send}. */
export class Connection extends KnownClient implements Outlet, Taker, InboxOwner, Deadlines, Swept {
  /** See {@link Outlet.waiting}. */
  waiting: Batch | undefined = undefined;
  /** Of what it has the gateway keep. */
  kept: KeptBytes | undefined = undefined;
  /** Compresses what the client is sent, if it has agreed to that. */
  deflater: Deflater | undefined = undefined;
  lastFrameAtMs = monotonicMs();
  lastPingAtMs = this.lastFrameAtMs;
  isPongDue = false;
  expiresAtMs = Infinity;
  /** Until the client has been admitted, where it has to be. */
  admission: AdmissionClock | undefined = undefined;
  /** See {@link Swept.slot}. */
  slot = 0;
  readonly rate = new EventRate();
  private isClosing = false;
  private inbox: Inbox | undefined = undefined;
  private isKnown = false;
  private lag: Lag | undefined = undefined;
  private abandonment: AbortController | undefined = undefined;
  private ending: AbortController | undefined = undefined;

  constructor(
    private readonly webSocket: WebSocket,
    protected readonly socket: Duplex,
    private readonly endpoint: Endpoint,
    protected readonly host: ConnectionHost<Connection>,
  ) {
    super();
    if (host.settings.admissionDeadlineMs > 0) this.admission = new AdmissionClock(this.lastFrameAtMs);
  }

  /** The sub-protocol that was agreed on; empty for none. */
  get subProtocol(): string {
    return this.webSocket.protocol;
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return !this.isClosing;
  }

  /**
   * Aborted when the client is gone and has left no event behind the one that is being handled: what only the client
   * would have learned is of no use any more.
   */
  get abandoned(): AbortSignal {
    this.abandonment ??= new AbortController();
    setMaxListeners(0, this.abandonment.signal); // topics that one event names are asked about side by side
    if (this.isClosing && this.inbox?.isEmpty !== false) this.abandonment.abort();
    return this.abandonment.signal;
  }

  /** Aborted as soon as nothing can be sent to the client any more, whatever it has left behind. */
  get ended(): AbortSignal {
    this.ending ??= new AbortController();
    if (this.isClosing) this.ending.abort();
    return this.ending.signal;
  }

  /**
   * What whoever has much to send waits for, so that neither does memory fill nor is the client closed as too slow:
   * settles when all that waits has been written, or the connection has ended. Nothing when little waits now.
   */
  get backlog(): Promise<void> | undefined {
    if ((this.waiting?.length ?? 0) + (this.lag?.bytes ?? 0) <= LITTLE_BYTES) return undefined;
    this.host.outbox.flushOne(this);
    return this.lag && this.lag.bytes > LITTLE_BYTES ? this.lag.drained(this.ended) : undefined;
  }

  /** The client has shown that it has business here: it will not be closed for keeping silent. */
  admit(): void {
    this.admission = undefined;
  }

  /** Sends a frame with the others of this turn of the event loop; one system call takes them all. */
  send(frame: Buffer): void {
    if (this.isClosing) return;
    const encoded = this.deflater?.frame(frame) ?? frame;
    if (this.lag?.isHolding !== true) this.host.outbox.add(this, encoded);
    else if (!this.lag.push(encoded)) this.close(CLOSE_REASONS.slowConsumer);
  }

  /** Whether the client reads so slowly that what it may miss should be sent with {@link sendLater}. */
  get isBehind(): boolean {
    return this.lag?.isBehind === true;
  }

  /**
   * Sends a frame when the client has read what is before it, unless it is dropped until then.
   * @param key a later frame of the same owner and key is sent in its place; without one, the oldest are dropped first.
   */
  sendLater(frame: Buffer, missable: Missable, key: string | undefined): void {
    const encoded = this.deflater?.frame(frame) ?? frame;
    this.host.outbox.flushOne(this);
    if (this.lag?.pushMissable(encoded, missable, key) === false) this.close(CLOSE_REASONS.slowConsumer);
  }

  /** Sends a text that no other connection gets. */
  sendText(text: string): void {
    this.send(textFrame(text));
  }

  /** Runs a task among the events of the client, before those that wait. */
  runNext(task: Task): void {
    this.ensureInbox().runNext(task);
  }

  /** Sends what waits, unless the client does not read, then closes. Events that were not handled yet are dropped. */
  close(reason: CloseReason): void {
    this.host.outbox.flushOne(this);
    if (this.isClosing) return;
    this.lag?.flushFor(reason);
    this.webSocket.close(...this.endpoint.closeOf(reason, this.subProtocol));
    this.inbox?.dropFrames();
    this.abandonment?.abort();
    this.end(reason);
  }

  /** Closes it as expired at a time, in milliseconds since the epoch; a later call counts. Without one, never. */
  expireAt(timeMs: number | undefined): void {
    this.expiresAtMs = timeMs ?? Infinity;
    this.host.sweepBy(this, this.expiresAtMs);
  }

  /** Ends the TCP connection at once. */
  terminate(): void {
    this.webSocket.terminate();
  }

  /** Takes a frame from the socket. */
  received(frame: Buffer): void {
    if (this.isClosing) return;
    this.lastFrameAtMs = monotonicMs();
    if (this.rate.exceeds(this.host.settings.eventRate, this.lastFrameAtMs))
      this.close(CLOSE_REASONS.tooManyEvents);
    else this.ensureInbox().push(frame, this.lastFrameAtMs);
  }

  /** The socket is open: greets the client, and tells the gateway, if it wants to know before the first frame. */
  opened(handshake: unknown): void {
    const { greeting } = this.endpoint.rules;
    if (greeting && this.subProtocol !== '') this.sendText(greeting(this.id));
    if (this.endpoint.isEager) this.introduce(handshake);
  }

  /** Takes the answer to a ping. */
  ponged(): void {
    this.isPongDue = false;
  }

  /** The WebSocket begins to close, whoever wants it: no more is read than what may have been under way. */
  closes(): void {
    discardAfter(this.socket, () => this.webSocket.pause());
  }

  /** The socket has closed. */
  closed(): void {
    this.broken();
    this.host.gone(this);
  }

  /** The socket closes, for what the client sent if there is a reason. Earlier events are handled all the same. */
  broken(reason?: CloseReason): void {
    if (this.isClosing) return;
    if (this.subProtocol !== '') this.inbox?.dropFramesUnless(this.endpoint.outlivesClient);
    if (this.inbox?.isEmpty !== false) this.abandonment?.abort();
    else this.host.lingers(this);
    this.end(reason);
  }

  /** Forgets the events that a client that is gone has left behind. */
  forgetEvents(): void {
    this.inbox?.dropFrames();
  }

  /** Does what is due now: pings, checks deadlines. @returns in how many milliseconds it wants to be swept again. */
  sweep(nowMs: number): number {
    const due = dueAt(nowMs, this, this.host.settings, !this.webSocket.isPaused);
    if (due === 'ping') this.ping(nowMs);
    else if (due) this.close(due);
    return nextDueAtMs(nowMs, this, this.host.settings) - nowMs;
  }

  /** See {@link InboxOwner.handle}. */
  handle(frame: Buffer): unknown {
    this.introduce();
    return this.endpoint.handle(this, frame);
  }

  /** See {@link InboxOwner.overtakes}. */
  overtakes(frame: Buffer): boolean {
    return this.subProtocol !== '' && this.endpoint.overtakes(frame);
  }

  /** See {@link InboxOwner.failed}. */
  failed(error: unknown): void {
    logger.error(LogLine.fault(this, error));
    this.close(CLOSE_REASONS.defect);
  }

  /** See {@link InboxOwner.pause}. */
  pause(): void {
    this.webSocket.pause();
  }

  /** See {@link InboxOwner.resume}. */
  resume(): void {
    this.isPongDue = false;
    this.lastFrameAtMs = monotonicMs();
    this.webSocket.resume();
  }

  /** See {@link Outlet.write}. A client that cannot keep up is closed, so that it costs nobody else anything. */
  write(frames: Buffer): void {
    if (this.lag?.isBehind !== true) this.give(frames);
    else if (!this.lag.push(frames)) this.close(CLOSE_REASONS.slowConsumer);
  }

  /** See {@link Taker.give}. */
  give(frames: Buffer): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return;
    this.socket.write(frames);
    if (this.socket.writableLength > 0) this.fallBehind();
  }

  private fallBehind(): void {
    const maxBytes = this.endpoint.rules.maxOutboxBytes ?? this.host.settings.maxOutboxBytes;
    if (this.socket.writableLength > maxBytes) this.close(CLOSE_REASONS.slowConsumer);
    else if (this.socket.writableNeedDrain) this.lag ??= new Lag(this, this.socket, maxBytes);
  }

  /** Makes the connection known to the gateway, once. */
  private introduce(handshake?: unknown): void {
    if (this.isKnown) return;
    this.isKnown = true;
    this.endpoint.begin(this, handshake);
  }

  /** See {@link Deadlines.idleMs}. */
  get idleMs(): number {
    return this.endpoint.rules.idleMs ?? this.host.settings.idleMs;
  }

  private ping(nowMs: number): void {
    this.lastPingAtMs = nowMs;
    this.isPongDue = true;
    // Between messages, not behind those that wait: a client that reads slowly is alive.
    if (this.lag) this.give(PING_FRAME);
    else if (!this.isClosing) this.host.outbox.add(this, PING_FRAME);
  }

  private ensureInbox(): Inbox {
    return (this.inbox ??= new Inbox(this, this.host.settings.maxInboxBytes, this.host.share));
  }

  private end(reason: CloseReason | undefined): void {
    this.isClosing = true;
    this.waiting = undefined;
    this.ending?.abort();
    this.lag?.stop();
    this.lag = undefined;
    this.host.ended(this, reason);
    this.inbox?.runLast(async () => {
      this.endpoint.end(this);
      this.host.settled(this);
    });
  }
}
