import { EXIT } from './exit-code.js';

/** Ends the command with a message for the terminal and an exit code. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';

  constructor(
    message: string,
    /** Default: 1, for wrong use of a command. */
    readonly exitCode: number = EXIT.notRunning,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
