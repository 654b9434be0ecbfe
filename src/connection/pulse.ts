import { monotonicMs } from '../base/monotonic-ms.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import { AdmissionClock } from './inbox/admission-clock.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { Transport } from './transport.js';
import type { Swept } from './wheel.js';

type PulseSettings = Pick<ConnectionSettings, 'pingIntervalMs' | 'pingTimeoutMs' | 'admissionDeadlineMs'>;

/** The transport of a pulse. */
type Pulsed = Pick<Transport, 'isPaused' | 'pingFrame'>;

/** The connection of a pulse. */
export interface PulseOwner {
  readonly isOpen: boolean;
  /** Milliseconds without a frame after which it is closed; 0 for never. */
  readonly idleMs: number;
  /** Sends a ping, past all that waits. */
  sendAhead(pingFrame: Buffer): void;
  close(reason: CloseReason): void;
}

/** In the place of a client that is gone. */
const GONE: PulseOwner & Pulsed = {
  isOpen: false,
  idleMs: 0,
  isPaused: true,
  pingFrame: undefined,
  sendAhead: () => undefined,
  close: () => undefined,
};

/** The signs of life of one client, and the deadlines that follow from them; times are those of `monotonicMs`. */
export class Pulse implements Swept {
  /** See {@link Swept.slot}. */
  slot = 0;
  private lastFrameAtMs = monotonicMs();
  private lastPingAtMs = this.lastFrameAtMs;
  private isPongDue = false;
  /** In milliseconds since the epoch, by the time of day, which the issuer of the proof has used. */
  private expiresAtMs: number | undefined = undefined;
  /** The clock of the admission deadline; absent once the client is admitted, and where there is no deadline. */
  private clock: AdmissionClock | undefined = undefined;

  constructor(
    private owner: PulseOwner,
    private transport: Pulsed,
    private readonly settings: PulseSettings,
  ) {
    if (settings.admissionDeadlineMs > 0) this.clock = new AdmissionClock(this.lastFrameAtMs);
  }

  /** See {@link Swept.isOpen}. */
  get isOpen(): boolean {
    return this.owner.isOpen;
  }

  /** To be stopped while the gateway works for the client. */
  get admission(): AdmissionClock | undefined {
    return this.clock;
  }

  /** Lifts the admission deadline. */
  admit(): void {
    this.clock = undefined;
  }

  /** Sets the expiry of the client's proof of identity, in milliseconds since the epoch; undefined for none. */
  expireAt(timeMs: number | undefined): void {
    this.expiresAtMs = timeMs;
  }

  /** A frame has come. */
  heard(nowMs: number): void {
    this.lastFrameAtMs = nowMs;
  }

  /** The answer to a ping has come. */
  ponged(): void {
    this.isPongDue = false;
  }

  /** The client is read again: what it could not show meanwhile is not held against it. */
  resumed(nowMs: number): void {
    this.isPongDue = false;
    this.lastFrameAtMs = nowMs;
  }

  /** The client is gone. The wheel keeps the pulse until its slot comes, which must not keep all that the client had. */
  forget(): void {
    this.owner = GONE;
    this.transport = GONE;
  }

  /** Does what is due now: has the owner ping its client, or close. See {@link Swept.sweep}. */
  sweep(nowMs: number): number {
    const reason = this.closeDue(nowMs);
    if (reason) this.owner.close(reason);
    else if (this.isPingDue(nowMs)) this.ping(nowMs, this.transport.pingFrame!);
    return this.nextDueAtMs(nowMs) - nowMs;
  }

  private closeDue(nowMs: number): CloseReason | undefined {
    const { idleMs } = this.owner;
    if (this.expiresInMs <= 0) return CLOSE_REASONS.sessionExpired;
    // A client that is not read can show neither that it is there nor that it has something to say.
    if (this.transport.isPaused) return undefined;
    if (this.isPongDue && nowMs - this.lastPingAtMs >= this.settings.pingTimeoutMs)
      return CLOSE_REASONS.unresponsive;
    if (idleMs > 0 && nowMs - this.lastFrameAtMs >= idleMs) return CLOSE_REASONS.idle;
    return nowMs >= this.admissionEndsAtMs(nowMs) ? CLOSE_REASONS.notAuthenticated : undefined;
  }

  private isPingDue(nowMs: number): boolean {
    const { pingIntervalMs } = this;
    if (pingIntervalMs === 0 || this.isPongDue || this.transport.isPaused) return false;
    return nowMs - this.lastPingAtMs >= pingIntervalMs;
  }

  private ping(nowMs: number, pingFrame: Buffer): void {
    this.lastPingAtMs = nowMs;
    this.isPongDue = true;
    this.owner.sendAhead(pingFrame);
  }

  /** The time at which the next ping or close is due. */
  private nextDueAtMs(nowMs: number): number {
    const { isPongDue, lastPingAtMs, pingIntervalMs } = this;
    const { idleMs } = this.owner;
    let dueAtMs = Math.min(nowMs + this.expiresInMs, this.admissionEndsAtMs(nowMs));
    if (isPongDue) dueAtMs = Math.min(dueAtMs, lastPingAtMs + this.settings.pingTimeoutMs);
    const nextPingAtMs = lastPingAtMs + pingIntervalMs;
    // By then an answer that is due now may have come.
    if (pingIntervalMs > 0 && (!isPongDue || nextPingAtMs > nowMs)) dueAtMs = Math.min(dueAtMs, nextPingAtMs);
    return idleMs > 0 ? Math.min(dueAtMs, this.lastFrameAtMs + idleMs) : dueAtMs;
  }

  /** 0 where the client is not pinged. */
  private get pingIntervalMs(): number {
    return this.transport.pingFrame === undefined ? 0 : this.settings.pingIntervalMs;
  }

  private get expiresInMs(): number {
    return this.expiresAtMs === undefined ? Infinity : this.expiresAtMs - Date.now();
  }

  private admissionEndsAtMs(nowMs: number): number {
    return this.clock?.endsAtMs(nowMs, this.settings.admissionDeadlineMs) ?? Infinity;
  }
}
