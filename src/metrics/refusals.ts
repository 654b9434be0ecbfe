import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Latest } from '../base/latest.js';
import { detached } from '../protocol/json/json.js';
import type { GatewayObserver, Observed } from '../observing/observed.js';
import { Digest } from './digest.js';
import { LogLine, type LogParty } from './log-line.js';
import { Metrics } from './metrics.js';

const WINDOW_MS = 60_000;

/** A refusal and its reason. MUST NOT hold secrets. */
export interface RefusalMade {
  /** One of a closed list: the code of an error, the name of a close reason or of a refused handshake. */
  readonly kind: string;
  readonly what: string;
  readonly why: string;
  /** The decider, such as the gateway or the app. */
  readonly by: string;
}

/** A refusal as operators see it afterwards. */
export interface RefusalSeen extends RefusalMade {
  readonly atMs: number;
  /** The address of whom it was refused. */
  readonly peer: string | undefined;
}

/** So many of the latest are remembered. */
const REMEMBERED = 200;

/**
 * The refusals of requests of clients and services: each is counted, and is a line at `debug`; at `info` there is one
 * line of a kind at once, and then one a minute, with their number.
 */
@Injectable()
export class Refusals implements OnApplicationShutdown, Observed {
  private observer: GatewayObserver | undefined;
  private readonly logger = new Logger('Refusals');
  private readonly digest = new Digest<RefusalMade>(WINDOW_MS, (last, count) =>
    this.logger.log(summaryOf(last, count)),
  );

  private readonly remembered = new Latest<RefusalSeen>(REMEMBERED);

  private readonly dry = new Digest<string>(WINDOW_MS, (limit, count) =>
    this.logger.log(`${count} would be refused by limits.${limit} since the last such line: it is a dry run`),
  );

  constructor(private readonly metrics: Metrics) {}

  /** Counts and logs a refusal. */
  add(party: LogParty, refusal: RefusalMade): void {
    this.metrics.refused.made(refusal.kind);
    this.logger.debug(new LogLine(party, () => lineOf(party, refusal)));
    this.digest.add(refusal.kind, refusal);
    const { kind, what, why, by } = refusal;
    if (this.observer?.hears('refused'))
      this.observer.happened({
        type: 'refused',
        connectionId: party.id,
        address: party.peer,
        code: kind,
        what: printable(what),
        by,
        why: printable(why),
      });
    const seen = { atMs: Date.now(), peer: party.peer, kind, by };
    this.remembered.add({ ...seen, what: brief(what), why: brief(why) });
  }

  /** See {@link Observed.observe}. */
  observe(observer: GatewayObserver): void {
    this.observer = observer;
  }

  /** The latest, the last one first. */
  get latest(): readonly RefusalSeen[] {
    return this.remembered
      .all()
      .map((seen) => ({ ...seen, what: printable(seen.what), why: printable(seen.why) }));
  }

  /** Counts and logs what a limit would have refused. @param limit the name of its setting. */
  wouldAdd(party: LogParty, limit: string): void {
    this.metrics.refused.inDryRun(limit);
    this.logger.debug(
      new LogLine(party, () => `limits.${limit} would refuse ${party.peer ?? 'an unknown address'}`),
    );
    this.dry.add(limit, limit);
  }

  onApplicationShutdown(): void {
    this.dry.end();
    this.digest.end();
  }
}

function lineOf({ peer = 'an unknown address' }: LogParty, { kind, what, why, by }: RefusalMade): string {
  return `refused ${printable(what)} of ${peer}: ${kind}, by ${by}: ${printable(why)}`;
}

function summaryOf({ kind, what, why, by }: RefusalMade, count: number): string {
  return `${count} refused since the last such line: ${kind}; the last: ${printable(what)}, by ${by}: ${printable(why)}`;
}

const MAX_LENGTH = 300;

/** A text that is kept: a part of a long one would keep all of it. */
function brief(text: string): string {
  return text.length > MAX_LENGTH ? detached(text.slice(0, MAX_LENGTH + 1)) : text;
}

/** A name for the log. It may come from a stranger: it must not break a line, nor fill a log. */
function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(/\p{Cc}/gu, '?');
}
