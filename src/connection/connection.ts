import { Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { monotonicMs } from '../base/monotonic-ms.js';
import { LogLine } from '../metrics/log-line.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { AdmissionClock } from './inbox/admission-clock.js';
import type { ConnectionHost } from './connection-host.js';
import type { Endpoint, HandshakeHeaders } from './endpoint/endpoint.js';
import { EventRate } from './event-rate.js';
import { Inbox, type InboxOwner, type Incoming, type Task } from './inbox/inbox.js';
import { KeptBytes } from './kept-bytes.js';
import { KnownClient } from './known-client.js';
import { textFrame } from './outflow/frame.js';
import type { Outgoing } from './outflow/outgoing.js';
import { Outflow, type OutflowOwner } from './outflow/outflow.js';
import type { Missable } from './outflow/overflow.js';
import { TappedOutflow } from './outflow/tapped-outflow.js';
import { type FrameListener, TappedInbox } from './inbox/tapped-inbox.js';
import { Pulse, type PulseOwner } from './pulse.js';
import type { Carried, Transport, TransportKind } from './transport.js';

const logger = new Logger('Connections');

/** One client, whatever carries its frames. The only way out to a client is {@link send}. */
export class Connection extends KnownClient implements Carried, InboxOwner, OutflowOwner, PulseOwner {
  /** The texts kept of its handshake, where somebody needs them. */
  headers: HandshakeHeaders | undefined = undefined;
  private budget: KeptBytes | undefined = undefined;
  /** Its deadlines, which the wheel sweeps. */
  readonly pulse: Pulse;
  private outflow: Outgoing;
  private rate: EventRate | undefined = undefined;
  private inbox: Incoming | undefined = undefined;
  private isKnown = false;
  private isClosing = false;
  private abandonment: AbortController | undefined = undefined;
  private ending: AbortController | undefined = undefined;

  /** @param address of the client, if connections are counted by address or a proxy is trusted. */
  constructor(
    protected readonly transport: Transport,
    private readonly endpoint: Endpoint,
    protected readonly host: ConnectionHost<Connection>,
    address: string | undefined,
  ) {
    super(address);
    this.pulse = new Pulse(this, transport, host.settings);
    this.outflow = new Outflow(this, transport, host.outbox);
  }

  /** The name of its endpoint, for operators. */
  get endpointName(): string {
    return this.endpoint.rules.name ?? this.endpoint.path ?? '';
  }

  /** Its transport, for operators. */
  get transportKind(): TransportKind {
    return this.transport.kind;
  }

  /** The sub-protocol that was agreed on; empty for none. */
  get subProtocol(): string {
    return this.transport.protocol;
  }

  /** The budget of bytes that the gateway keeps for it, made when something is first kept. */
  get kept(): KeptBytes {
    return (this.budget ??= new KeptBytes(this.host.settings.maxKeptBytes));
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return !this.isClosing;
  }

  /**
   * Aborted when the client is gone and has left no event behind the one that is being handled: answers for the client
   * alone are no longer of use.
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
   * Settles when all that waits has been written, or the connection has ended; absent when little waits now. Senders of
   * much wait for it, so that neither memory fills nor the client is closed as too slow.
   */
  get backlog(): Promise<void> | undefined {
    return this.outflow.backlog;
  }

  /** Whether the client reads so slowly that what it may miss should be sent with {@link sendLater}. */
  get isBehind(): boolean {
    return this.outflow.isBehind;
  }

  /** Sends a frame with the others of this turn of the event loop; one system call takes them all. */
  send(frame: Buffer): void {
    if (!this.isClosing) this.outflow.send(frame);
  }

  /**
   * Sends a frame when the client has read what is before it, unless it is dropped until then.
   * @param key a later frame of the same owner and key is sent in its place; without one, the oldest are dropped first.
   */
  sendLater(frame: Buffer, missable: Missable, key: string | undefined): void {
    if (!this.isClosing) this.outflow.sendLater(frame, missable, key);
  }

  /** Sends a text that no other connection gets. */
  sendText(text: string): void {
    this.send(textFrame(text));
  }

  /**
   * Hands each frame that comes and goes to a listener, which may not throw, before it is handled or sent. What takes
   * frames is replaced by something that tells: while nobody listens, no frame costs more. @returns what ends that.
   */
  tap(listener: FrameListener): () => void {
    const inbox = this.ensureInbox();
    this.outflow = new TappedOutflow(this.outflow, listener);
    this.inbox = new TappedInbox(inbox, listener);
    return () => {
      this.outflow = TappedOutflow.without(this.outflow, listener);
      this.inbox = TappedInbox.without(this.inbox, listener);
    };
  }

  /** Admits the client, which has shown that it has business here: the admission deadline no longer applies. */
  admit(): void {
    this.pulse.admit();
  }

  /** Closes it as expired at a time, in milliseconds since the epoch; a later call counts. Without one, never. */
  expireAt(timeMs: number | undefined): void {
    this.pulse.expireAt(timeMs);
    this.host.sweepBy(this.pulse, timeMs ?? Infinity);
  }

  /** Runs a task among the events of the client, before those that wait. */
  runNext(task: Task): void {
    this.ensureInbox().runNext(task);
  }

  /** Sends what waits, unless the client does not read, then closes. Events that were not handled yet are dropped. */
  close(reason: CloseReason): void {
    this.outflow.flush();
    if (this.isClosing) return;
    this.outflow.flushFor(reason);
    this.transport.close(...this.endpoint.closeOf(reason, this.subProtocol));
    this.inbox?.dropFrames();
    this.abandonment?.abort();
    this.end(reason);
  }

  /** Ends the transport at once. */
  terminate(): void {
    this.transport.terminate();
  }

  /** Forgets the events that a client that is gone has left behind. */
  forgetEvents(): void {
    this.inbox?.dropFrames();
  }

  /**
   * The transport is open: greets the client, and tells the gateway, if it wants to know before the first frame.
   * @param handshake what it was admitted with; its request, where nobody admits.
   */
  opened(handshake: unknown, request: IncomingMessage): void {
    const { greeting, opened } = this.endpoint.rules;
    opened?.(this, request);
    this.host.opened(this);
    if (greeting && this.subProtocol !== '') this.sendText(greeting(this.id));
    this.headers = this.endpoint.headersOf(handshake, this.subProtocol);
    if (this.endpoint.isEager) this.introduce(handshake);
  }

  /** See {@link Carried.received}. */
  received(frame: Buffer): void {
    if (this.isClosing) return;
    const nowMs = monotonicMs();
    this.pulse.heard(nowMs);
    this.count(1, nowMs);
    if (!this.isClosing) this.ensureInbox().push(frame, nowMs);
  }

  /** Counts what the client has sent as so many events; too many close the connection. */
  count(events: number, nowMs: number): void {
    this.rate ??= new EventRate();
    const { eventRate, dryRun } = this.host.settings;
    if (!this.rate.exceeds(eventRate, nowMs, events)) return;
    if (dryRun.includes('eventsPerSecond')) this.wouldRefuse('eventsPerSecond');
    else this.close(CLOSE_REASONS.tooManyEvents);
  }

  /** See {@link Carried.ponged}. */
  ponged(): void {
    this.pulse.ponged();
  }

  /** See {@link Carried.broken}. Earlier events are handled all the same. */
  broken(reason?: CloseReason): void {
    if (this.isClosing) return;
    if (this.subProtocol !== '') this.inbox?.dropFramesUnless(this.endpoint.outlivesClient);
    if (this.inbox?.isEmpty !== false) this.abandonment?.abort();
    else this.host.lingers(this);
    this.end(reason);
  }

  /** See {@link Carried.closed}. */
  closed(): void {
    this.broken();
    this.host.gone(this);
    this.pulse.forget();
  }

  /** See {@link OutflowOwner.maxOutboxBytes}. */
  get maxOutboxBytes(): number {
    return this.endpoint.rules.maxOutboxBytes ?? this.host.settings.maxOutboxBytes;
  }

  /** See {@link PulseOwner.idleMs}. */
  get idleMs(): number {
    return this.endpoint.rules.idleMs ?? this.host.settings.idleMs;
  }

  /** See {@link PulseOwner.sendAhead}. */
  sendAhead(pingFrame: Buffer): void {
    if (!this.isClosing) this.outflow.sendAhead(pingFrame);
  }

  /** See {@link InboxOwner.admission}. */
  get admission(): AdmissionClock | undefined {
    return this.pulse.admission;
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
    this.transport.pause();
  }

  /** See {@link InboxOwner.resume}. */
  resume(): void {
    this.pulse.resumed(monotonicMs());
    this.transport.resume();
  }

  /** Makes the connection known to the gateway, once. */
  private introduce(handshake?: unknown): void {
    if (this.isKnown) return;
    this.isKnown = true;
    this.endpoint.begin(this, handshake);
  }

  private ensureInbox(): Incoming {
    return (this.inbox ??= new Inbox(this, this.host.settings.maxInboxBytes, this.host.share));
  }

  private end(reason: CloseReason | undefined): void {
    this.isClosing = true;
    this.outflow.stop();
    this.ending?.abort();
    const ends = reason?.ends ?? (this.transport.hasSaidGoodbye ? 'closed' : 'lost');
    this.host.ended(this, reason, ends);
    this.inbox?.runLast(async () => {
      this.endpoint.end(this, ends);
      this.host.settled(this);
    });
  }
}
