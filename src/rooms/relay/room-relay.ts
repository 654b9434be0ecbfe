import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Startable } from '../../base/lifetime.js';
import type { Appended, Retention } from '../../broker/history.js';
import { isConfigured } from '../../config/configured.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import type { Connection } from '../../connection/connection.js';
import { Hub } from '../../delivery/hub.js';
import type { NodeFollower } from '../../delivery/node-listener.js';
import type { ChannelLog, HistoryRules } from '../../history/channel-log.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { Metrics, type PublicationSource } from '../../metrics/metrics.js';
import { type JsonText, membersOf, toJsonText } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import { Publication } from '../../protocol/publication.js';
import { ChannelTriggerLog } from './channel.trigger-log.js';
import { type Echo, Echoes } from './echoes.js';
import { RoomHub } from './room-hub.js';
import { Trigger, TriggerError } from '../room/trigger.js';
import type { TriggerLog } from './trigger-log.js';

/** The broker's channel for the triggers of all rooms. No topic has its name: topics have a dot. */
const CHANNEL = 'kittiwake:rooms';

/** The outcome of a trigger. */
export interface Relayed {
  /** The number of subscriptions of this node it was sent to. */
  readonly reached: number;
  /** Its place in the history, where one is kept. */
  readonly appended?: Appended;
}

/**
 * Carries triggers between nodes. Without a history they are delivered at once on this one; with one, all nodes deliver
 * them as the log of the broker has them, in one order.
 */
@Injectable()
export class RoomRelay implements Startable, NodeFollower {
  private readonly warnings = new DigestedLog(new Logger('Rooms'));
  private readonly nodeId = toJsonText(randomUUID());
  private readonly echoes = new Echoes();
  private followed: ChannelLog | undefined;
  private kept: TriggerLog | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly rooms: RoomHub,
    private readonly metrics: Metrics,
    private readonly settings: RoomsSettings,
  ) {}

  /** Whether triggers are kept. */
  get isKept(): boolean {
    return this.settings.history !== undefined;
  }

  /** The history of triggers, where one is kept. */
  get log(): ChannelLog | undefined {
    return this.followed;
  }

  /** As {@link log}, of the triggers in it. */
  get triggers(): TriggerLog | undefined {
    return this.kept;
  }

  /**
   * Listens to the triggers of all nodes, where there are rooms; not where they are all in a stream of RabbitMQ.
   * @throws when the broker cannot be reached.
   */
  async start(): Promise<void> {
    const { history, rabbitmq } = this.settings;
    if (rabbitmq?.mode === 'stream') return;
    if (history) await this.follow(history);
    else if (isConfigured(this.settings)) await this.hub.listen(CHANNEL, this);
  }

  /**
   * Sends a trigger to the subscriptions of all nodes.
   * @param idempotencyKey makes a repeat harmless, where a history is kept.
   * @throws when the broker could not take it.
   */
  async publish(trigger: Trigger, source: PublicationSource, idempotencyKey?: string): Promise<Relayed> {
    const { history } = this.settings;
    if (history) return this.append(trigger, source, history, idempotencyKey);
    await this.hub.broadcast(this.publicationOf(trigger));
    return { reached: this.deliver(trigger, source) };
  }

  /**
   * As {@link publish}, where a history is kept, for who does not ask how many were reached, and tries again what was not
   * kept: nothing that was given in the same turn after it was kept then. @throws as there.
   */
  async keep(trigger: Trigger, source: PublicationSource, idempotencyKey?: string): Promise<void> {
    const publication = this.publicationOf(trigger);
    const retention = this.settings.history!;
    await this.hub.append(publication, source, { retention, idempotencyKey, isChained: true });
  }

  /** Sends a trigger to the subscriptions of this node only: the others have it already. @returns how many. */
  deliver(trigger: Trigger, source: PublicationSource): number {
    this.metrics.publicationTaken(source);
    return this.rooms.fanOut(trigger);
  }

  /** See {@link NodeFollower.received}. */
  received(publication: Publication): void {
    // Read here, as what is kept is to stay small.
    const members = publication.position ? membersOf(publication.text) : publication.members;
    const isOwn = members.get('node') === this.nodeId;
    if (isOwn && !publication.position) return;
    const echo = isOwn ? this.echoes.take(members.get('serial') ?? '') : undefined;
    const trigger = echo?.trigger ?? this.triggerIn(publication);
    if (!trigger) return;
    trigger.position = publication.position;
    const reached = this.rooms.fanOut(trigger);
    echo?.delivered(reached);
  }

  /** The trigger in a publication of the channel; nothing if there is none. */
  private triggerIn(publication: Publication): Trigger | undefined {
    try {
      const trigger = Trigger.of(publication.data, this.settings.maxRoomsPerTrigger);
      trigger.position = publication.position;
      return trigger;
    } catch (error) {
      if (!(error instanceof TriggerError)) throw error;
      this.warnings.warn('', `dropped what the broker brought: ${error.message}`);
      return undefined;
    }
  }

  /** See {@link NodeFollower.addConnections}. */
  addConnections(connections: Set<Connection>): void {
    this.rooms.addConnections(connections);
  }

  /** See {@link NodeFollower.reset}. */
  reset(top: Position): void {
    this.rooms.reset(top);
  }

  /** See {@link NodeFollower.checked}. */
  checked(): void {
    void this.rooms.tellLatest();
  }

  private async follow(history: Retention): Promise<void> {
    this.followed = await this.hub.follow(CHANNEL, this, rulesOf(history));
    this.kept = new ChannelTriggerLog(this.followed, (publication) => this.triggerIn(publication));
  }

  private async append(
    trigger: Trigger,
    source: PublicationSource,
    retention: Retention,
    idempotencyKey: string | undefined,
  ): Promise<Relayed> {
    const echo = this.echoes.expect(trigger);
    try {
      const publication = this.publicationOf(trigger, echo);
      const appended = await this.hub.append(publication, source, { retention, idempotencyKey });
      return { reached: appended.isRepeated ? 0 : await echo.count(), appended };
    } finally {
      this.echoes.forget(echo);
    }
  }

  private publicationOf({ text }: Trigger, echo?: Echo): Publication {
    const members = new Map<string, JsonText>([
      ['subscription', toJsonText(CHANNEL)],
      ['node', this.nodeId],
      ['data', text],
    ]);
    if (echo) members.set('serial', toJsonText(echo.serial));
    return Publication.from(members);
  }
}

/** Triggers of nodes that keep no history yet are delivered all the same. */
function rulesOf({ size, ttlMs }: Retention): HistoryRules {
  return { size, ttlMs, unsequenced: 'live' };
}
