import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { settlesWithin } from '../../base/time-limit.js';
import { LogLine, type LogParty } from '../../metrics/log-line.js';
import { Metrics } from '../../metrics/metrics.js';
import { HANDSHAKE_REASONS, type HandshakeReason } from '../../protocol/handshake-refusals.js';
import { BY_GATEWAY } from '../../protocol/verdict.js';
import type { Admission, Admit, HandshakeRefusal } from '../endpoint/admission.js';
import { Denial } from '../endpoint/denial.js';
import { clientAddress } from '../client-address.js';
import { Connections } from '../connections.js';
import { AcceptQueue } from './accept-queue.js';
import type { Arrival } from './arrival.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { isOriginAllowed } from './origin.js';

const logger = new Logger('Connections');
const UNAVAILABLE: Refused = { refusal: HANDSHAKE_REASONS.tooLate };

interface Refused {
  readonly refusal: HandshakeRefusal;
}

/** The way in of all clients, whatever will carry them: they wait for their turn, then origin and capacity are checked. */
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
    this.connections.refusals.add(this.partyOf(request), {
      kind,
      what,
      why: `${status}, ${why}`,
      by: BY_GATEWAY,
    });
  }

  private decide(arrival: Arrival): void {
    const { endpoint, request, address, sinceMs } = arrival;
    const isLate = monotonicMs() - sinceMs >= this.connections.settings.handshakeTimeoutMs;
    if (arrival.isGone) return;
    if (isLate) this.refuse(arrival, HANDSHAKE_REASONS.tooLate);
    else if (endpoint.admit || endpoint.guard) void this.admit(arrival, endpoint);
    else {
      const refusal = this.originRefusal(request) ?? this.connections.refusal(address);
      if (refusal) this.refuse(arrival, refusal);
      else arrival.open(request);
    }
  }

  /** Checks capacity first, so that a refusal costs little, and again last, since others came meanwhile. */
  private async admit(arrival: Arrival, { admit, guard }: Endpoint): Promise<void> {
    const { request, address } = arrival;
    arrival.waits();
    const busy = this.connections.refusal(address);
    const admission = busy ? { refusal: busy } : await this.admission(request, admit);
    if ('refusal' in admission) {
      this.refuse(arrival, admission.refusal);
      return;
    }
    const fault = this.originRefusal(request) ?? (admit && arrival.fault);
    const denial = fault || !guard ? undefined : await this.decided(request, guard(request));
    if (arrival.isGone) return;
    const refusal = fault ?? refusalIn(denial, admit !== undefined) ?? this.connections.refusal(address);
    if (refusal) this.refuse(arrival, refusal);
    else if (denial instanceof Denial) arrival.turnAway(denial);
    else arrival.open(admission.admitted);
  }

  private async admission(request: IncomingMessage, admit: Admit | undefined): Promise<Admission> {
    return admit ? this.decided(request, admit(request)) : { admitted: request };
  }

  /** @returns what was decided, or the refusal when that was not done in time, or failed. */
  private async decided<Decision>(
    request: IncomingMessage,
    decision: Promise<Decision>,
  ): Promise<Decision | Refused> {
    try {
      const isInTime = await settlesWithin(this.connections.settings.handshakeTimeoutMs, decision);
      return isInTime ? await decision : UNAVAILABLE;
    } catch (error) {
      logger.error(LogLine.fault(this.partyOf(request), error));
      return { refusal: HANDSHAKE_REASONS.defect };
    }
  }

  private partyOf(request: IncomingMessage): LogParty {
    return { peer: clientAddress(request, this.connections.settings) };
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

/** The status that a client gets which is denied; nothing where it is let in to be told. */
function refusalIn(
  denial: Denial | Refused | undefined,
  answersHandshakes: boolean,
): HandshakeRefusal | undefined {
  if (!denial) return undefined;
  return denial instanceof Denial && !answersHandshakes ? undefined : denial.refusal;
}
