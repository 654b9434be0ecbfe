import type { IncomingMessage } from 'node:http';

/** An HTTP answer, with an empty body, instead of a connection. */
export interface HandshakeRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Whether a client may connect, and what its gateway is to know of it. */
export type Admission = { readonly refusal: HandshakeRefusal } | { readonly admitted: unknown };

/**
 * Asked of every handshake on an endpoint that has it, before the `Origin` is looked at. A rejection is a defect: the
 * client gets status 500.
 */
export type Admit = (request: IncomingMessage) => Promise<Admission>;
