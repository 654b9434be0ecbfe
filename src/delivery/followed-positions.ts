import type { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import type { Envelope } from './envelope.js';

/** The subscription whose client follows positions. */
export interface PositionsOwner<P = Publication> {
  /** The envelope in which its publications go out. */
  envelope: Envelope<P>;
  /** Whether something waits that a client with the latest position would never get. */
  readonly keepsBack: boolean;
  /** Tells the client a position apart from any publication. */
  tellPosition(position: Position): void;
}

/**
 * The positions that the client of one subscription is told, with which it may come back. While something is kept back,
 * by throttling or because the client does not keep up, frames have none: a client with a later position would never get
 * what waits.
 */
export class FollowedPositions<P = Publication> {
  /** The latest that the client knows for sure, apart from those in frames; told again only when there is a later one. */
  private told: Position | undefined;
  /** The envelope with positions, while another one is used. */
  private positioned: Envelope<P> | undefined;
  /** Publications were lost while it began. */
  wasReset = false;

  constructor(
    private readonly owner: PositionsOwner<P>,
    /** The last that has passed on the channel. */
    private readonly top: () => Position | undefined,
  ) {}

  /** Something is kept back. */
  pause(): void {
    const { envelope } = this.owner;
    if (this.positioned || !envelope.plain) return;
    this.positioned = envelope;
    this.owner.envelope = envelope.plain;
  }

  /** Something has been given up that was kept back: a newer one goes out in its place. @returns whether that was all. */
  resume(): boolean {
    if (!this.positioned || this.owner.keepsBack) return false;
    this.owner.envelope = this.positioned;
    this.positioned = undefined;
    return true;
  }

  /** As {@link resume}, after what was kept back has gone out: nothing else would tell the position. */
  catchUp(): void {
    if (this.resume()) this.tell();
  }

  /** Tells the latest position, for a client that publications do not tell it. */
  tell(): void {
    const top = this.top();
    if (this.positioned || !top || (this.told && top.isWithin(this.told))) return;
    this.told = top;
    this.owner.tellPosition(top);
  }
}
