import type { Connection } from '../connection/connection.js';
import type { Missable } from '../connection/outflow/overflow.js';
import type { PresenceFrames } from './presence-frames.js';

/** The key by which what waits is replaced, for a client that does not keep up. */
const LATEST = 'presence';

/** A client that sees who is present. */
export class Viewer implements Missable {
  /** The version of the list that it was shown when it came, while others have not been told of all of that. */
  version: number | undefined;

  /**
   * @param head what its frames begin with: an object without its end.
   * @param isPatient whether a client that does not keep up is sent the latest, rather than everything.
   */
  constructor(
    private readonly connection: Connection,
    private readonly head: string,
    private readonly isPatient: boolean,
  ) {}

  /** Sends what has changed, or all there is, as long as the client does not keep up. */
  send(change: PresenceFrames, latest: () => PresenceFrames): void {
    if (this.isPatient && this.connection.isBehind)
      this.connection.sendLater(latest().beginningWith(this.head), this, LATEST);
    else this.connection.send(change.beginningWith(this.head));
  }

  /** See {@link Missable.added}. */
  added(): void {
    // What waits is the latest.
  }

  /** See {@link Missable.dropped}. */
  dropped(): void {
    // What came in its place says all that it said.
  }

  /** See {@link Missable.takeReport}. */
  takeReport(): undefined {
    return undefined;
  }
}
