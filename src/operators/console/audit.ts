import { Injectable, Logger } from '@nestjs/common';
import type { ConsoleCall } from './console-call.js';

const MAX_LENGTH = 500;

/** Writes into the log what operators do: who, what, from where, and what came of it. */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Operators');

  /** @param what MUST NOT hold what was published. @param result the status, or what it says. */
  tell({ operator, peer = 'an unknown address' }: ConsoleCall, what: string, result: string): void {
    this.logger.log(
      `${operator.name} (${operator.access}) from ${peer}: ${printable(what)}: ${printable(result)}`,
    );
  }
}

/** It must not break a line, nor fill a log. */
function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(/\p{Cc}/gu, '?');
}
