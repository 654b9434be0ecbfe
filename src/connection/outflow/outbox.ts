import { Logger } from '@nestjs/common';
import { LogLine, type LogParty } from '../../metrics/log-line.js';
import { Batch } from './batch.js';

/** A batch above this is written at once: a burst must not be kept twice, in frames and joined. */
const FULL_BYTES = 262_144;

const logger = new Logger('Connections');

/** A destination of an outbox: one connection. */
export interface Outlet {
  /** Its owner, as lines of the log name it. */
  readonly owner?: LogParty;
  /** Frames that wait for the end of this turn of the event loop. Owned by the outbox. */
  waiting: Batch | undefined;
  /** Writes whole frames to the socket. */
  write(frames: Buffer): void;
}

/**
 * Collects the frames that connections are sent within one turn of the event loop, so that each socket gets one write,
 * and one system call, for all of them. Connections that got the same frames in the same order share the joined bytes.
 */
export class Outbox {
  private outlets: Outlet[] = [];
  private root = new Batch(undefined, undefined);

  add(outlet: Outlet, frame: Buffer): void {
    if (outlet.waiting === undefined) {
      if (this.outlets.length === 0) setImmediate(this.flush);
      this.outlets.push(outlet);
      outlet.waiting = this.root.after(frame);
    } else {
      outlet.waiting = outlet.waiting.after(frame);
      if (outlet.waiting.length > FULL_BYTES) this.flushOne(outlet);
    }
  }

  /** Writes what waits for one outlet at once, for example because it is about to be closed. */
  flushOne(outlet: Outlet): void {
    const batch = outlet.waiting;
    if (batch === undefined) return;
    outlet.waiting = undefined;
    outlet.write(batch.bytes());
  }

  private readonly flush = (): void => {
    const outlets = this.outlets;
    this.outlets = [];
    this.root = new Batch(undefined, undefined);
    for (const outlet of outlets) {
      try {
        this.flushOne(outlet);
      } catch (error) {
        logger.error(LogLine.fault(outlet.owner ?? {}, error)); // the fault of one outlet, which must not stop the others
      }
    }
  };
}
