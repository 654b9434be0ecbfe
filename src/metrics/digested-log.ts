import type { Logger } from '@nestjs/common';
import { Digest } from './digest.js';
import { LogLine, type LogParty } from './log-line.js';

const SECOND_MS = 1_000;

interface Line {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly party: LogParty | undefined;
}

/** Lines that may come for every client at one time: of each kind one a second, with their number. */
export class DigestedLog {
  private readonly digest: Digest<Line>;

  constructor(logger: Logger) {
    this.digest = new Digest(SECOND_MS, ({ level, message, party }, count) => {
      // At the end of the first line: that of a defect is followed by its stack.
      const text = count === 1 ? message : message.replace(/$/m, () => ` (the last of ${count})`);
      logger[level](party ? new LogLine(party, () => text) : text);
    });
  }

  /** @param kind one of a bounded number. @param party the client that it is about. */
  warn(kind: string, message: string, party?: LogParty): void {
    this.digest.add(`warn ${kind}`, { level: 'warn', message, party });
  }

  /** For defects. @param kind and @param party as those of {@link warn}. */
  error(kind: string, message: string, party?: LogParty): void {
    this.digest.add(`error ${kind}`, { level: 'error', message, party });
  }
}
