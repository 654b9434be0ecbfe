import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LogLine, type LogParty } from './log-line.js';
import { Metrics } from './metrics.js';

const WINDOW_MS = 60_000;

/** What was refused, and why. Nothing of it may be secret. */
export interface RefusalMade {
  /** One of a closed list: the code of an error, the name of a close reason or of a refused handshake. */
  readonly kind: string;
  readonly what: string;
  readonly why: string;
  /** Who decided. */
  readonly by: string;
}

/** The refusals of one kind within a minute that no line has told of yet. */
interface Untold {
  count: number;
  last: RefusalMade;
}

/**
 * What clients and services were refused: each counts, and is a line at `debug`; at `info` there is one line of a kind at
 * once, and then one a minute, with how many there were.
 */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  private readonly logger = new Logger('Refusals');
  private readonly untold = new Map<string, Untold>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly metrics: Metrics) {}

  /** Takes that something was refused. */
  add(party: LogParty, refusal: RefusalMade): void {
    this.metrics.refusalMade(refusal.kind);
    this.logger.debug(new LogLine(party, () => lineOf(party, refusal)));
    const untold = this.untold.get(refusal.kind);
    if (!untold) {
      this.untold.set(refusal.kind, { count: 0, last: refusal });
      this.logger.log(summaryOf(refusal, 1));
      this.timer ??= setInterval(() => this.tell(), WINDOW_MS).unref();
      return;
    }
    untold.count++;
    untold.last = refusal;
  }

  onApplicationShutdown(): void {
    this.tell();
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Kinds of which there were none for a minute are forgotten, and the next of them is told at once. */
  private tell(): void {
    for (const [kind, untold] of this.untold) {
      if (untold.count === 0) this.untold.delete(kind);
      else this.logger.log(summaryOf(untold.last, untold.count));
      untold.count = 0;
    }
  }
}

function lineOf({ peer = 'an unknown address' }: LogParty, { kind, what, why, by }: RefusalMade): string {
  return `refused ${printable(what)} of ${peer}: ${kind}, by ${by}: ${printable(why)}`;
}

function summaryOf({ kind, what, why, by }: RefusalMade, count: number): string {
  return `${count} refused since the last such line: ${kind}; the last: ${printable(what)}, by ${by}: ${printable(why)}`;
}

const MAX_LENGTH = 300;

/** Names may come from strangers: they are not to end a line, nor to fill a log. */
function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(/\p{Cc}/gu, '?');
}
