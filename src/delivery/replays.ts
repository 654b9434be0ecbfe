import type { Recovered } from '../history/channel-log.js';
import type { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import { Fanout } from './fanout.js';

/** One client's missed publications. */
export interface Replay {
  readonly fanouts: readonly Fanout[];
  /** The end of what it has missed. */
  readonly until: Position;
  /** Those with an order that came before: the client had them, as far as they were for it. */
  readonly ordered: readonly Publication[];
  /** Whether the app has filled in what is not kept: that has no positions. */
  readonly isFilled?: boolean;
}

/** The time for which a frame is kept for others that have missed the same. */
const KEPT_MS = 1000;

/** The deliveries of what clients of one channel have missed: what many of them have missed is encoded once. */
export class Replays {
  private fanouts: Map<Publication, Fanout> | undefined;

  of({ missed, until, ordered }: Recovered): Replay {
    return { fanouts: missed.map((publication) => this.fanout(publication)), until, ordered };
  }

  private fanout(publication: Publication): Fanout {
    if (!this.fanouts) {
      this.fanouts = new Map();
      setTimeout(() => (this.fanouts = undefined), KEPT_MS).unref();
    }
    let fanout = this.fanouts.get(publication);
    if (!fanout) this.fanouts.set(publication, (fanout = new Fanout(publication, true, 'held')));
    return fanout;
  }
}
