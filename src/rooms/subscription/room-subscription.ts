import type { Connection } from '../../connection/connection.js';
import type { KeyOf } from '../../delivery/conflation.js';
import type { DropReason, Fanout } from '../../delivery/fanout.js';
import { Misses, type MissingOwner } from '../../delivery/misses.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import type { ObservedSubscription } from '../../observing/subscription-events.js';
import { valueOf, type JsonText } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import type { RoomEnvelope } from './room-envelope.js';
import type { Reachable } from './room-matching.js';
import { envelopeKey, type RoomWording } from './room-wording.js';
import type { Room } from '../room/room.js';
import type { Trigger } from '../room/trigger.js';

/** The treatment of triggers for clients that do not keep up. */
export interface RoomSlowness {
  readonly keyOf: KeyOf<Trigger>;
  /** Counts a trigger that a client did not get. */
  missed(reason: DropReason): void;
}

/** A client of rooms, as far as its subscriptions go. */
export interface RoomMember {
  readonly connection: Connection;
  /** The id of the connection, by which a trigger may exclude it. */
  readonly id: string;
  readonly wording: RoomWording;
}

/** A room whose triggers a client wants, and the id by which it knows them. */
export interface RoomInterest {
  readonly room: Room;
  readonly requestId: JsonText;
  /** Whether it wants to be told how much it has missed because it did not keep up. */
  readonly reportsDrops: boolean;
}

/** The way in which triggers are sent to the client of a subscription. */
export interface RoomDelivery {
  readonly envelope: RoomEnvelope;
  /** Absent where clients that do not keep up are closed. */
  readonly slowness?: RoomSlowness | undefined;
}

/** A client's subscription to a room, to which triggers are delivered. */
export class RoomSubscription implements MissingOwner, ObservedSubscription, Reachable {
  readonly connection: Connection;
  readonly room: Room;
  private readonly connectionId: string;
  private readonly reportsDrops: boolean;
  readonly envelope: RoomEnvelope;
  private readonly slowness: RoomSlowness | undefined;
  private lastSerial = 0;
  protected misses: Misses | undefined = undefined;

  constructor(
    { connection, id }: RoomMember,
    { room, reportsDrops }: RoomInterest,
    { envelope, slowness }: RoomDelivery,
  ) {
    this.connection = connection;
    this.connectionId = id;
    this.room = room;
    this.reportsDrops = reportsDrops;
    this.envelope = envelope;
    this.slowness = slowness;
  }

  /** The id by which its client knows it. */
  get requestId(): JsonText {
    return this.envelope.requestId;
  }

  /** See {@link ObservedSubscription}. */
  get observedPlace(): { readonly room: Readonly<Record<string, unknown>> } {
    return { room: valueOf(this.room.text) as Record<string, unknown> };
  }

  /** Equal for subscriptions that may share an envelope. */
  get envelopeKey(): string {
    return envelopeKey(this.envelope.wording, this.requestId, false);
  }

  /** The beginning of frames about who is present in its room. */
  get presenceHead(): string {
    return this.envelope.wording.presence(this.requestId, this.room.text);
  }

  /** The ids that its connection had before: what excludes one of them excludes it. */
  get was(): readonly string[] {
    return NONE;
  }

  /** Whether a trigger for its room is for its client. */
  wants({ exclude }: Trigger): boolean {
    return exclude !== this.connectionId;
  }

  /** Sends a trigger to the client. */
  deliver(fanout: Fanout<Trigger>): void {
    if (!this.wants(fanout.publication) || !this.connection.isOpen) return;
    this.send(fanout);
    fanout.delivered++;
  }

  /** See {@link Reachable.deliverOnce}. */
  deliverOnce(fanout: Fanout<Trigger>, serial: number): void {
    if (this.lastSerial === serial) return;
    this.lastSerial = serial;
    this.deliver(fanout);
  }

  /** Triggers are lost up to a position. */
  reset(_top: Position): void {
    this.connection.close(CLOSE_REASONS.reconnect);
  }

  /** From here on nothing is delivered. */
  end(): void {
    // It keeps nothing back.
  }

  /** See {@link MissingOwner.missed}. */
  missed(reason: DropReason): void {
    this.slowness?.missed(reason);
  }

  /** See {@link MissingOwner.missReport}. */
  missReport(count: number): Buffer | undefined {
    return this.reportsDrops ? this.envelope.notice('dropped', `"count":${count}`) : undefined;
  }

  protected send(fanout: Fanout<Trigger>): void {
    if (this.slowness !== undefined && this.connection.isBehind) this.sendLater(fanout, this.slowness);
    else this.connection.send(fanout.frame(this.envelope));
  }

  protected sendLater(fanout: Fanout<Trigger>, { keyOf }: RoomSlowness): void {
    this.misses ??= new Misses(this);
    this.connection.sendLater(fanout.frame(this.envelope), this.misses, keyOf(fanout.publication));
  }
}

const NONE: readonly string[] = [];
