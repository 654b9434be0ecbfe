import type { IncomingMessage } from 'node:http';

/** What an operator is answered. */
export interface OperatorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where an endpoint was asked. */
export interface OperatorPlace {
  /** What the app has before the paths of the gateway. */
  readonly prefix: string;
  /** Behind that, what stands before the paths of the endpoints for operators. */
  readonly base: string;
  /** The URL of the main port, where it is another one. */
  readonly mainUrl?: string | undefined;
}

/** One of the things that operators ask. */
export interface OperatorEndpoint {
  /** Below the place where they all are. */
  readonly path: string;
  /** Whether pages of the origins that may connect may read it. */
  readonly isForPages?: boolean;
  answer(request: IncomingMessage, place: OperatorPlace): Promise<OperatorAnswer> | OperatorAnswer;
}

/** An answer in JSON, as it is now. */
export function jsonAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): OperatorAnswer {
  const own = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status, headers: { ...own, ...headers }, body };
}
