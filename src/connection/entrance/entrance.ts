import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../../base/message-of.js';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { settlesWithin } from '../../base/time-limit.js';
import { Metrics } from '../../metrics/metrics.js';
import { HANDSHAKE_REASONS, type HandshakeReason } from '../../protocol/handshake-refusals.js';
import { BY_GATEWAY } from '../../protocol/verdict.js';
import type { Admission, Admit, HandshakeRefusal } from '../admission.js';
import { clientAddress } from '../client-address.js';
import { Connections } from '../connections.js';
import { AcceptQueue } from './accept-queue.js';
import type { Arrival } from './arrival.js';
import { isOriginAllowed } from './origin.js';

const logger = new Logger('Connections');
const UNAVAILABLE: Admission = { refusal: HANDSHAKE_REASONS.tooLate };

/** Where all clients come in, whatever will carry them: they wait for their turn, then origin and capacity are checked. */
@Injectable()
export class Entrance {
  private readonly queue: AcceptQueue<Arrival>;

  constructor(
    private readonly connections: Connections,
    private readonly metrics: Metrics,
  ) {
    this.queue = new AcceptQueue(connections.settings.accepting, (arrival) => this.decide(arrival));
    metrics.countWaiting(() => this.queue.length);
  }

  accept(arrival: Arrival): void {
    const { settings } = this.connections;
    const { maxConnectionsPerAddress, trustProxy } = settings;
    if (maxConnectionsPerAddress > 0 || trustProxy)
      arrival.address = clientAddress(arrival.request, settings);
    const outcome = this.queue.push(arrival);
    if (outcome === 'waits') arrival.waits();
    else if (outcome === 'too many') this.refuse(arrival, HANDSHAKE_REASONS.tooManyWaiting);
  }

  /** Counts a refusal, and logs it. @param what was refused. */
  tell(request: IncomingMessage, { kind, status, why }: HandshakeReason, what: string): void {
    this.metrics.handshakeRefused(status);
    const peer = clientAddress(request, this.connections.settings);
    this.connections.refusals.add({ peer }, { kind, what, why: `${status}, ${why}`, by: BY_GATEWAY });
  }

  private decide(arrival: Arrival): void {
    const { endpoint, request, address, sinceMs } = arrival;
    const isLate = monotonicMs() - sinceMs >= this.connections.settings.handshakeTimeoutMs;
    if (arrival.isGone) return;
    if (isLate) this.refuse(arrival, HANDSHAKE_REASONS.tooLate);
    else if (endpoint.admit) void this.admit(arrival, endpoint.admit);
    else {
      const refusal = this.originRefusal(request) ?? this.connections.refusal(address);
      if (refusal) this.refuse(arrival, refusal);
      else arrival.open(request);
    }
  }

  /** Checks capacity first, so that a refusal costs little, and again last, since others came meanwhile. */
  private async admit(arrival: Arrival, admit: Admit): Promise<void> {
    const { request, address } = arrival;
    arrival.waits();
    const busy = this.connections.refusal(address);
    const admission = busy ? { refusal: busy } : await this.decided(admit(request));
    if ('refusal' in admission) {
      this.refuse(arrival, admission.refusal);
      return;
    }
    const refusal = this.originRefusal(request) ?? arrival.fault ?? this.connections.refusal(address);
    if (refusal) this.refuse(arrival, refusal);
    else arrival.open(admission.admitted);
  }

  private async decided(admission: Promise<Admission>): Promise<Admission> {
    try {
      const isInTime = await settlesWithin(this.connections.settings.handshakeTimeoutMs, admission);
      return isInTime ? await admission : UNAVAILABLE;
    } catch (error) {
      logger.error(stackOf(error));
      return { refusal: HANDSHAKE_REASONS.defect };
    }
  }

  private refuse(arrival: Arrival, refusal: HandshakeRefusal): void {
    this.tell(arrival.request, refusal, arrival.what);
    arrival.refuse(refusal);
  }

  private originRefusal({ headers }: IncomingMessage): HandshakeReason | undefined {
    const { origins } = this.connections.settings;
    const { origin, host } = headers;
    if (isOriginAllowed(origin, host, origins)) return undefined;
    const configured =
      origins.length > 0 ? `origins is ${origins.join(', ')}` : `origins is not set, and the host is ${host}`;
    return { ...HANDSHAKE_REASONS.originNotAllowed, why: `its origin is ${origin}, and ${configured}` };
  }
}
