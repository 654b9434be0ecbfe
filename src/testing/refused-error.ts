import { onOneLine } from './wording.js';

/** A refusal, as the client is told it. */
export interface Refused {
  /** The stable name of the error, such as `unauthorized`; of a handshake `http_401`, by its status. */
  readonly code: string;
  /** The text, or whatever JSON the app has given for it. */
  readonly error: unknown;
  /** The data that the app has given besides. */
  readonly data?: unknown;
}

/** The gateway has refused what a test asked for. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;

  constructor(
    what: string,
    /** The refusal, as the client is told it. */
    readonly refused: Refused,
  ) {
    super(`${what} was refused: ${onOneLine(refused)}`);
    this.code = refused.code;
  }
}

/** The refusal in a frame, or in what a provider has answered. */
export function refusedOf({ code, error, data }: Readonly<Record<string, unknown>>): Refused {
  return { code: String(code), error, ...(data !== undefined && { data }) };
}
