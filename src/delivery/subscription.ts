import type { Connection } from '../connection/connection.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { NO_OPTIONS, type DeliveryOptions, type Publication } from '../protocol/publication.js';
import type { KeyOf } from './conflation.js';
import type { DeliveryStage, Envelope } from './envelope.js';
import type { DropReason, Fanout } from './fanout.js';
import { admits } from './field-filter.js';
import type { KeyLimits } from './key-memory.js';
import { Misses, type MissingOwner } from './misses.js';
import { OrderGuard } from './order-guard.js';
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
}

/**
 * One session's interest in one topic, and the rules by which publications reach it: filter fields, then order, then
 * throttle. A publication that one rule stops leaves no trace in the next. Rules that are not used cost nothing.
 */
export abstract class Subscription implements MissingOwner {
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

  constructor(
    readonly connection: Connection,
    /** The channel that carries its publications. */
    readonly channel: string,
    private readonly rules: DeliveryRules,
    private readonly limits: SubscriptionLimits,
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

  /** Delivers what was held, in order. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const publication of held) {
      const reason = this.objection(publication);
      if (reason === undefined) this.send(publication, 'held');
      else if (reason !== 'kept') this.tally?.dropped(reason);
    }
  }

  /** Takes a publication from the channel. */
  receive(fanout: Fanout): void {
    if (fanout.isDirect) this.take(fanout);
    else this.sibling(fanout.publication.subscription)?.take(fanout);
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
      this.deliver(fanout.publication, fanout.frame(this.envelope));
      fanout.delivered++;
    } else if (reason !== 'kept') this.tally?.dropped(reason);
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
    const { filterFields } = this.rules;
    if (filterFields.length > 0 && !admits(filterFields, this.filterValues, publication)) return 'filter';
    const { options } = publication;
    if (options === NO_OPTIONS) return undefined;
    if (options.order !== undefined && !this.orderGuard().admits(options)) return 'order';
    const { throttleMs, throttleKey } = options;
    if (throttleMs === undefined || this.throttling().admits(publication, throttleMs, throttleKey))
      return undefined;
    return 'kept';
  }

  private send(publication: Publication, stage: DeliveryStage): void {
    this.deliver(publication, this.envelope.frame(publication, stage));
    this.tally?.delivered();
  }

  private deliver(publication: Publication, frame: Buffer): void {
    const { keyOf } = this.rules;
    if (keyOf === undefined || !this.connection.isBehind) {
      this.connection.send(frame);
      return;
    }
    this.misses ??= new Misses(this);
    this.connection.sendLater(frame, this.misses, keyOf(publication));
  }

  private orderGuard(): OrderGuard {
    this.order ??= new OrderGuard(this.limits, () => this.tally?.forgot('order'));
    return this.order;
  }

  private throttling(): Throttle {
    this.throttle ??= new Throttle(this.limits, {
      deliver: (publication) => this.send(publication, 'delayed'),
      replaced: () => this.tally?.dropped('throttle'),
      forgotten: () => this.tally?.forgot('throttle'),
    });
    return this.throttle;
  }
}
