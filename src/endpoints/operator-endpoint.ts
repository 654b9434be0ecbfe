import type { IncomingMessage } from 'node:http';
import type { BodyRequest } from './body.js';

/** The answer to a request of an operator. */
export interface OperatorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or what is sent as it comes until the reader is gone. */
  readonly body: string | EventSource;
}

/** Events for one reader, each as `text/event-stream` has them. @param signal is aborted when the reader is gone. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<string>;

/** The place at which a request reached the endpoints for operators. */
export interface OperatorPlace {
  /** The global prefix of the app. */
  readonly prefix: string;
  /** The path of the endpoints for operators after that prefix. */
  readonly base: string;
  /** The URL of the main port, where it is another one. */
  readonly mainUrl?: string | undefined;
}

/** An endpoint for operators. */
export interface OperatorEndpoint {
  /** The path below {@link OperatorPlace.base}. */
  readonly path: string;
  /** Whether pages of the allowed origins may read it. */
  readonly isForPages?: boolean;
  /** Whether it is asked by POST, with a body, rather than by GET. */
  readonly isPost?: boolean;
  /** @param parsed the request as the app has it, which may have read its body already. */
  answer(
    request: IncomingMessage,
    place: OperatorPlace,
    parsed?: BodyRequest,
  ): Promise<OperatorAnswer> | OperatorAnswer;
}

/** Makes an answer in JSON that must not be cached. */
export function jsonAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): OperatorAnswer {
  const own = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status, headers: { ...own, ...headers }, body };
}
