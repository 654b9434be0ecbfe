import { isNativeError } from 'node:util/types';

/** The broker did not do what was asked: it is not connected, or it refused. Holds no credentials and no payload. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';

  constructor(
    message: string,
    /** Whether the message says what to do: the fault will not pass by itself. */
    readonly hasCure = false,
  ) {
    super(message);
  }
}

/**
 * Turns a driver's fault into an error without a `cause`: an error of ioredis carries its command's arguments, which
 * for AUTH are the password and for PUBLISH the publication.
 */
export function brokerError(fault: unknown, what?: string): BrokerError {
  return new BrokerError(what === undefined ? faultText(fault) : `${what}: ${faultText(fault)}`);
}

/** The text of a fault. */
export function faultText(fault: unknown): string {
  if (!isNativeError(fault)) return String(fault);
  // Node reports a host name with several addresses, none of which answers, as one error without a message.
  const faults = 'errors' in fault && Array.isArray(fault.errors) ? fault.errors : [];
  return fault.message === '' ? faults.map(faultText).join(', ') : fault.message;
}
