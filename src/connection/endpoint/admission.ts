import type { IncomingMessage } from 'node:http';
import type { HandshakeReason } from '../../protocol/handshake-refusals.js';
import type { Denial } from './denial.js';

/** An HTTP answer, with an empty body, instead of a connection. */
export interface HandshakeRefusal extends HandshakeReason {
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Whether a client may connect, with a refusal, or with the handshake that its gateway gets. */
export type Admission = { readonly refusal: HandshakeRefusal } | { readonly admitted: unknown };

/**
 * Asked of every handshake on an endpoint that has it, before the `Origin` is looked at. A rejection is a defect: the
 * client gets status 500.
 */
export type Admit = (request: IncomingMessage) => Promise<Admission>;

/** Asks the app whether a client may connect. A rejection is a defect. @returns why not; nothing when it may. */
export type Guard = (request: IncomingMessage) => Promise<Denial | undefined>;
