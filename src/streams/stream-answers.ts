import type { ServerResponse } from 'node:http';
import type { HandshakeRefusal } from '../connection/endpoint/admission.js';
import type { PollAnswer } from '../connection/stream/polled.transport.js';

/** A request that is not done, as a status and a name that stays. */
export interface StreamFault {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const fault = (code: string, status: number, headers?: Record<string, string>): StreamFault => ({
  code,
  status,
  ...(headers && { headers }),
});

/** Why requests in a session, and for one, are not done, besides the refusals of handshakes. */
export const STREAM_FAULTS = {
  badRequest: fault('bad_request', 400),
  originNotAllowed: fault('origin_not_allowed', 403),
  sessionNotFound: fault('session_not_found', 404),
  methodNotAllowed: fault('method_not_allowed', 405, { Allow: 'POST, DELETE, OPTIONS' }),
  outOfOrder: fault('out_of_order', 409),
  tooLarge: fault('too_large', 413),
  encodingNotSpoken: fault('encoding_not_spoken', 415),
  tooManyWaiting: fault('too_many_waiting', 429, { 'Retry-After': '1' }),
  noAnswer: fault('no_answer', 503, { 'Retry-After': '1' }),
} as const satisfies Record<string, StreamFault>;

/** Answers that a request is not done. @param more what the client needs to know besides. */
export function answerFault(
  response: ServerResponse,
  { status, code, headers }: StreamFault,
  more = {},
): void {
  const body = Buffer.from(JSON.stringify({ status: 'error', code, ...more }));
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
  });
  response.end(body);
}

/** Answers as a handshake that is refused. */
export function answerRefusal(
  response: ServerResponse,
  { status, kind, headers = {} }: HandshakeRefusal,
): void {
  answerFault(response, { status, code: kind, headers });
}

export function answerDone(response: ServerResponse): void {
  response.writeHead(204).end();
}

/** Answers a poll: its number, by which it is acknowledged, is the id of the last event. */
export function answerPoll(response: ServerResponse, { number, events }: PollAnswer): void {
  const body = Buffer.concat([events, Buffer.from(`id: ${number}\n\n`)]);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Content-Length': body.length,
  });
  response.end(body);
}
