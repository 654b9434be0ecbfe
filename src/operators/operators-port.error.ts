import { messageOf } from '../base/message-of.js';

/** The port for operators cannot be had. */
export class OperatorsPortError extends Error {
  override readonly name = 'OperatorsPortError';

  constructor(address: string, cause: unknown) {
    const cure =
      'set operators.port (KITTIWAKE_OPERATORS_PORT) to another one, or operators.enabled to false';
    super(`the port for operators cannot be had, ${address}: ${messageOf(cause)}; ${cure}`, { cause });
  }
}
