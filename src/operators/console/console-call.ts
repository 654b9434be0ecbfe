import type { OperatorEndpoint, EventSource } from '../../endpoints/operator-endpoint.js';
import type { OperatorAccess } from '../../config/sections/operators/operator-key.settings.js';
import type { Operator } from './operator-keys.js';

/** A request of an operator. */
export interface ConsoleCall {
  readonly operator: Operator;
  /** The address that it comes from. */
  readonly peer: string | undefined;
  readonly query: URLSearchParams;
  /** Empty where it is asked by GET. */
  readonly body: Buffer;
}

/** An answer: a status, and a body that is sent as JSON. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly body: object;
}

/** Events, as they come. */
export interface ConsoleEvents {
  readonly events: EventSource;
}

/** Something that the console offers. */
export interface ConsoleRoute extends Pick<OperatorEndpoint, 'isPost'> {
  /** The last part of its path. */
  readonly name: string;
  /** The rights its caller has to have; `none`: anyone at all. */
  readonly access: OperatorAccess | 'none';
  /** @throws {ClientSelectionError} or {ChannelQueryError} for what cannot be asked, {ClientError} without a broker. */
  answer(call: ConsoleCall): ConsoleAnswer | ConsoleEvents | Promise<ConsoleAnswer>;
}

/** Answers what was asked for. */
export function answered(body: object): ConsoleAnswer {
  return { status: 200, body };
}
