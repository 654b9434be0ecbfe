import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Startable } from '../base/lifetime.js';
import { isConfigured } from '../config/configured.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { keyFor } from '../delivery/conflation.js';
import { Fanout } from '../delivery/fanout.js';
import { Hub } from '../delivery/hub.js';
import { SharedEnvelopes } from '../delivery/shared-envelopes.js';
import { Metrics } from '../metrics/metrics.js';
import { toJsonText } from '../protocol/json/json.js';
import { Publication } from '../protocol/publication.js';
import { RoomEnvelope } from './room-envelope.js';
import {
  type RoomInterest,
  type RoomMember,
  type RoomSlowness,
  RoomSubscription,
} from './room-subscription.js';
import { RoomTrie } from './room/room-trie.js';
import { Trigger, TriggerError } from './room/trigger.js';

/** The broker's channel for the triggers of all rooms. No topic has its name: topics have a dot. */
const CHANNEL = 'kittiwake:rooms';

/** The way by which a trigger came to this node. */
export type TriggerSource = 'http' | 'process' | 'rabbitmq';

/** Brings triggers to the subscriptions of rooms: at once on this node, and through the broker on the others. */
@Injectable()
export class RoomHub implements Startable {
  private readonly logger = new Logger('Rooms');
  private readonly nodeId = toJsonText(randomUUID());
  private readonly subscriptions = new RoomTrie<RoomSubscription>();
  private readonly envelopes = new SharedEnvelopes<RoomEnvelope>();
  private readonly slowness: RoomSlowness | undefined;
  private delivered = 0;
  private serial = 0;

  constructor(
    private readonly hub: Hub,
    private readonly metrics: Metrics,
    private readonly settings: RoomsSettings,
  ) {
    const keyOf = keyFor<Trigger>(settings.slowConsumer, settings.conflateKey, { room: () => '' });
    if (keyOf) this.slowness = { keyOf, missed: (reason) => metrics.dropped(reason) };
  }

  /** The number of rooms that have a subscription on this node. */
  get roomCount(): number {
    return this.subscriptions.roomCount;
  }

  /** The deliveries of triggers to subscriptions of this node since the start. */
  get deliveredCount(): number {
    return this.delivered;
  }

  /** Listens to the triggers of other nodes, where there are rooms. @throws when the broker cannot be reached. */
  async start(): Promise<void> {
    if (!isConfigured(this.settings)) return;
    await this.hub.listen(CHANNEL, (publication) => this.received(publication));
  }

  join(member: RoomMember, interest: RoomInterest): RoomSubscription {
    const { room, requestId } = interest;
    const envelope = this.envelopes.acquire(requestId, () => new RoomEnvelope(requestId));
    const subscription = new RoomSubscription(member, interest, envelope, this.slowness);
    this.subscriptions.add(room, subscription);
    this.metrics.subscriptionsChanged('room', 1);
    return subscription;
  }

  leave(subscription: RoomSubscription): void {
    const { room, requestId } = subscription;
    this.subscriptions.remove(room, subscription);
    this.metrics.subscriptionsChanged('room', -1);
    this.envelopes.release(requestId);
  }

  /**
   * Sends a trigger to the subscriptions of all nodes.
   * @returns how many subscriptions of this node were reached.
   * @throws when the broker could not take it for the other nodes.
   */
  async publish(trigger: Trigger, source: TriggerSource): Promise<number> {
    await this.hub.broadcast(this.publicationOf(trigger));
    return this.deliver(trigger, source);
  }

  /** Sends a trigger to the subscriptions of this node only: the others have it already. @returns how many. */
  deliver(trigger: Trigger, source: TriggerSource): number {
    this.metrics.publicationTaken(source);
    return this.fanOut(trigger);
  }

  private publicationOf({ text }: Trigger): Publication {
    const members = new Map([
      ['subscription', toJsonText(CHANNEL)],
      ['node', this.nodeId],
      ['data', text],
    ]);
    return Publication.from(members);
  }

  private received(publication: Publication): void {
    if (publication.members.get('node') === this.nodeId) return;
    try {
      this.fanOut(Trigger.of(publication.data, this.settings.maxRoomsPerTrigger));
    } catch (error) {
      if (!(error instanceof TriggerError)) throw error;
      this.logger.warn(`dropped what the broker brought: ${error.message}`);
    }
  }

  private fanOut(trigger: Trigger): number {
    const fanout = new Fanout(trigger);
    const serial = ++this.serial;
    for (const room of trigger.rooms) {
      if (this.settings.matching === 'literal') {
        this.subscriptions.forEach(room, 'same', (subscription) => subscription.deliver(fanout));
      } else {
        this.subscriptions.forEach(room, 'overlapping', (subscription) =>
          subscription.deliverOnce(fanout, serial),
        );
      }
    }
    this.delivered += fanout.delivered;
    this.metrics.fannedOut(fanout.delivered);
    return fanout.delivered;
  }
}
