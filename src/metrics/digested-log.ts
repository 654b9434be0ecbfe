import type { Logger } from '@nestjs/common';
import { Digest } from './digest.js';
import { LogLine, type LogParty } from './log-line.js';

const SECOND_MS = 1_000;

interface Warning {
  readonly message: string;
  readonly party: LogParty | undefined;
}

/** Warnings that may come for every client at one time: of each kind a line a second, with their number. */
export class DigestedLog {
  private readonly digest: Digest<Warning>;

  constructor(logger: Logger) {
    this.digest = new Digest(SECOND_MS, ({ message, party }, count) => {
      const text = count === 1 ? message : `${message} (the last of ${count})`;
      logger.warn(party ? new LogLine(party, () => text) : text);
    });
  }

  /** @param kind one of a bounded number. @param party the client that it is about. */
  warn(kind: string, message: string, party?: LogParty): void {
    this.digest.add(kind, { message, party });
  }
}
