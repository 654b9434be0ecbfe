import type { IncomingMessage } from 'node:http';
import { monotonicMs } from '../../base/monotonic-ms.js';
import type { HandshakeRefusal } from '../endpoint/admission.js';
import type { Denial } from '../endpoint/denial.js';
import type { Endpoint } from '../endpoint/endpoint.js';

/** A client that wants to connect, over whatever will carry the connection. */
export abstract class Arrival {
  /** The client's address, if connections are counted by address or a proxy is trusted. Owned by the entrance. */
  address: string | undefined = undefined;
  /** The time of its coming, as `monotonicMs` has it. */
  readonly sinceMs = monotonicMs();

  constructor(
    readonly endpoint: Endpoint,
    readonly request: IncomingMessage,
  ) {}

  /** Its request in words, for the log. */
  abstract readonly what: string;
  /** Whether the client has left: there is nobody to answer. */
  abstract readonly isGone: boolean;
  /** The fault of its request itself; for endpoints that decide who may connect. */
  abstract readonly fault: HandshakeRefusal | undefined;
  /** It is decided on later. */
  abstract waits(): void;
  /** Lets it in. @param known the request, or what was admitted where the endpoint decides. */
  abstract open(known: unknown): void;
  /** Lets it in to be told why it may not connect. */
  abstract turnAway(denial: Denial): void;
  abstract refuse(refusal: HandshakeRefusal): void;
}
