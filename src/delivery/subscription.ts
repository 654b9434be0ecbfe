import type { Connection } from '../connection/connection.js';
import type { HistoryRules } from '../history/channel-log.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { Position } from '../protocol/position.js';
import { NO_OPTIONS, type DeliveryOptions, type Publication } from '../protocol/publication.js';
import type { KeyOf } from './conflation.js';
import type { Envelope } from './envelope.js';
import { type DropReason, Fanout } from './fanout.js';
import { admits } from './field-filter.js';
import { FollowedPositions, type PositionsOwner } from './followed-positions.js';
import type { KeyLimits } from './key-memory.js';
import { Misses, type MissingOwner } from './misses.js';
import { OrderGuard } from './order-guard.js';
import type { Replay } from './replays.js';
import type { Tally } from './tally.js';
import { Throttle } from './throttle.js';

/** Limits of one subscription. */
export interface SubscriptionLimits extends KeyLimits {
  /** Characters of publications that may be held; above it the client is closed as a slow consumer. */
  readonly maxHeldLength: number;
}

/** The rules that subscriptions to one kind of topic share. */
export interface DeliveryRules {
  /** Members of a publication that must equal the filter values of the subscription. */
  readonly filterFields: readonly string[];
  /** The key by which publications replace each other for a slow client; absent where such a client is closed. */
  readonly keyOf?: KeyOf<Publication> | undefined;
  /** The retention of the channel; absent where nothing is kept. */
  readonly history?: HistoryRules | undefined;
}

/**
 * One session's interest in one topic, and the rules by which publications reach it: filter fields, then order, then
 * throttle. A publication that one rule stops leaves no trace in the next. Rules that are not used cost nothing.
 */
export abstract class Subscription implements MissingOwner, PositionsOwner {
  /** Set by the hub, shared by all subscriptions whose {@link envelopeKey} is equal. */
  envelope!: Envelope;
  /** Set by the hub. */
  tally: Tally | undefined = undefined;
  private order: OrderGuard | undefined;
  private throttle: Throttle | undefined;
  private held: Publication[] | undefined;
  private heldLength = 0;
  private hasEnded = false;
  private misses: Misses | undefined = undefined;
  /** Of a client that wants to come back with them. */
  private positions: FollowedPositions | undefined = undefined;

  constructor(
    readonly connection: Connection,
    /** The channel that carries its publications. */
    readonly channel: string,
    readonly rules: DeliveryRules,
    protected readonly limits: SubscriptionLimits,
  ) {}

  /** Equal for subscriptions that may share an envelope. */
  abstract readonly envelopeKey: string;

  /** Makes the envelope, if no subscription of the same key is there to share one. */
  abstract makeEnvelope(): Envelope;

  /** The subscription of the same session to a topic; a publication may travel on the channel of another. */
  protected abstract sibling(topic: string): Subscription | undefined;

  /** The values that the filter fields of a publication must have, in the order of the fields, as canonical JSON. */
  protected abstract get filterValues(): readonly string[];

  /** From here on publications are kept until {@link release}. */
  hold(): void {
    this.held = [];
  }

  /** Counts the state that the client gets with its subscription as a publication, for order and throttle. */
  prime(options: DeliveryOptions): void {
    if (this.hasEnded) return;
    if (options.order !== undefined) this.orderGuard().admits(options);
    if (options.throttleMs !== undefined) this.throttling().delivered(options.throttleKey);
  }

  /** From here on its frames have positions. @param top tells the last that has passed on the channel. */
  followPositions(top: () => Position | undefined): void {
    this.positions = new FollowedPositions(this, top);
  }

  /** The position before the first publication that is held, if that has one. */
  get heldSince(): Position | undefined {
    const first = this.held?.find(({ position }) => position)?.position;
    return first && new Position(first.epoch, first.offset - 1);
  }

  /** Whether publications were lost while it began. */
  get wasReset(): boolean {
    return this.positions?.wasReset === true;
  }

  /**
   * Delivers what was missed, and then what was held, in order.
   * @param replay what the client has missed, up to a position: what is held of it comes once.
   */
  release(replay?: Replay): void {
    const held = this.held ?? [];
    this.held = undefined;
    if (replay) this.sendReplay(replay);
    for (const publication of held)
      if (!replay || !publication.position?.isWithin(replay.until))
        this.sendHeld(new Fanout(publication, true, 'held'));
    this.positions?.resume();
    if (replay?.isFilled) this.positions?.tell();
  }

  /** The last publication before a reset has passed: what comes after it may have a hole. */
  reset(top: Position): void {
    if (this.hasEnded) return;
    if (!this.positions) this.connection.close(CLOSE_REASONS.reconnect);
    else if (this.held) this.positions.wasReset = true;
    else this.tellReset(top);
  }

  /** Tells the client the latest position, if it wants to know and nothing else tells it. */
  tellLatest(): void {
    if (!this.held && !this.hasEnded && this.connection.isOpen) this.positions?.tell();
  }

  /** See {@link PositionsOwner.keepsBack}. */
  get keepsBack(): boolean {
    return this.throttle?.isHolding === true || this.misses?.isWaiting === true;
  }

  /** See {@link PositionsOwner.tellPosition}. */
  abstract tellPosition(position: Position): void;

  /** Tells a client that follows positions that what comes after one may have a hole before it. */
  protected abstract tellReset(top: Position): void;

  /** See {@link MissingOwner.drained}. */
  drained(): void {
    // Its last frame is on its way, but not written yet.
    if (this.positions) queueMicrotask(() => this.hasEnded || this.positions?.catchUp());
  }

  /** Takes a publication from the channel. */
  receive(fanout: Fanout): void {
    if (fanout.isDirect) this.take(fanout);
    else this.sibling(fanout.publication.subscription)?.take(fanout);
  }

  /** Whether it has ended, though its client may not know yet. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** From here on nothing is delivered; what was kept back is lost. */
  end(): void {
    this.hasEnded = true;
    this.held = undefined;
    this.order?.stop();
    this.throttle?.stop();
  }

  /** See {@link MissingOwner.missed}. */
  missed(reason: DropReason): void {
    this.tally?.dropped(reason);
  }

  /** See {@link MissingOwner.missReport}. */
  abstract missReport(count: number): Buffer | undefined;

  private take(fanout: Fanout): void {
    if (this.hasEnded || !this.connection.isOpen) return;
    if (this.held) {
      this.keep(fanout.publication);
      return;
    }
    const reason = this.objection(fanout.publication);
    if (reason === undefined) {
      this.deliver(fanout);
      fanout.delivered++;
    } else if (reason !== 'kept') this.tally?.dropped(reason);
    else this.positions?.pause();
  }

  /** Of those that are throttled only the last of each key goes out: it makes up for all before it. */
  private sendReplay({ fanouts, ordered }: Replay): void {
    // What is older than what the client had does not reach it, as if it had stayed.
    for (const publication of ordered) this.refusal(publication);
    const last = new Map<string, Fanout>();
    const passing = fanouts.filter((fanout) => this.mayPass(fanout, last));
    for (const fanout of passing) {
      if (isThrottled(fanout) && last.get(fanout.publication.options.throttleKey) !== fanout)
        this.tally?.dropped('throttle');
      else this.sendPassed(fanout);
    }
  }

  /** Whether neither filter nor order stops it. @param last gets it, if it is throttled. */
  private mayPass(fanout: Fanout, last: Map<string, Fanout>): boolean {
    const reason = this.refusal(fanout.publication);
    if (reason !== undefined) this.tally?.dropped(reason);
    else if (isThrottled(fanout)) last.set(fanout.publication.options.throttleKey, fanout);
    return reason === undefined;
  }

  private sendPassed(fanout: Fanout): void {
    if (this.isKeptBack(fanout.publication)) {
      this.positions?.pause();
      return;
    }
    this.deliver(fanout);
    this.tally?.delivered();
  }

  private sendHeld(fanout: Fanout): void {
    const reason = this.objection(fanout.publication);
    if (reason === undefined) {
      this.deliver(fanout);
      this.tally?.delivered();
    } else if (reason !== 'kept') this.tally?.dropped(reason);
    else this.positions?.pause();
  }

  private keep(publication: Publication): void {
    publication.detach();
    this.held?.push(publication);
    this.heldLength += publication.text.length;
    if (this.heldLength > this.limits.maxHeldLength) {
      this.end();
      this.connection.close(CLOSE_REASONS.slowConsumer);
    }
  }

  /** The reason not to send a publication now: a rule drops it, or throttling keeps it for later. */
  private objection(publication: Publication): DropReason | 'kept' | undefined {
    const reason = this.refusal(publication);
    if (reason !== undefined) return reason;
    return this.isKeptBack(publication) ? 'kept' : undefined;
  }

  /** Which rule drops it, if one does. */
  private refusal(publication: Publication): DropReason | undefined {
    const { filterFields } = this.rules;
    if (filterFields.length > 0 && !admits(filterFields, this.filterValues, publication)) return 'filter';
    const { options } = publication;
    if (options !== NO_OPTIONS && options.order !== undefined && !this.orderGuard().admits(options))
      return 'order';
    return undefined;
  }

  /** Whether throttling keeps it for later. */
  private isKeptBack(publication: Publication): boolean {
    const { options } = publication;
    if (options === NO_OPTIONS || options.throttleMs === undefined) return false;
    if (!this.throttling().admits(publication, options.throttleMs, options.throttleKey)) return true;
    this.positions?.resume();
    return false;
  }

  private deliver(fanout: Fanout): void {
    const { keyOf } = this.rules;
    if (keyOf === undefined || !this.connection.isBehind) {
      this.connection.send(fanout.frame(this.envelope));
      return;
    }
    this.positions?.pause();
    this.misses ??= new Misses(this);
    this.connection.sendLater(fanout.frame(this.envelope), this.misses, keyOf(fanout.publication));
  }

  private deliverDelayed(publication: Publication): void {
    this.deliver(new Fanout(publication, true, 'delayed'));
    this.tally?.delivered();
    this.positions?.catchUp();
  }

  private orderGuard(): OrderGuard {
    this.order ??= new OrderGuard(this.limits, () => this.tally?.forgot('order'));
    return this.order;
  }

  private throttling(): Throttle {
    this.throttle ??= new Throttle(this.limits, {
      deliver: (publication) => this.deliverDelayed(publication),
      replaced: () => this.tally?.dropped('throttle'),
      forgotten: () => this.tally?.forgot('throttle'),
    });
    return this.throttle;
  }
}

function isThrottled({ publication: { options } }: Fanout): boolean {
  return options.throttleMs !== undefined && options.throttleMs > 0;
}
