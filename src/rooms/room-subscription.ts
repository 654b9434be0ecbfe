import type { Connection } from '../connection/connection.js';
import { textFrame } from '../connection/outflow/frame.js';
import type { KeyOf } from '../delivery/conflation.js';
import type { DropReason, Fanout } from '../delivery/fanout.js';
import { Misses, type MissingOwner } from '../delivery/misses.js';
import type { JsonText } from '../protocol/json/json.js';
import type { RoomEnvelope } from './room-envelope.js';
import type { Room } from './room/room.js';
import type { Trigger } from './room/trigger.js';

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
}

/** A room whose triggers a client wants, under a request id of its choice. */
export interface RoomInterest {
  readonly room: Room;
  readonly requestId: JsonText;
  /** Whether it wants to be told how much it has missed because it did not keep up. */
  readonly reportsDrops: boolean;
}

/** A client's subscription to a room, to which triggers are delivered. */
export class RoomSubscription implements MissingOwner {
  readonly connection: Connection;
  readonly room: Room;
  readonly requestId: JsonText;
  private readonly connectionId: string;
  private readonly reportsDrops: boolean;
  private lastSerial = 0;
  private misses: Misses | undefined = undefined;

  constructor(
    { connection, id }: RoomMember,
    { room, requestId, reportsDrops }: RoomInterest,
    private readonly envelope: RoomEnvelope,
    /** Absent where clients that do not keep up are closed. */
    private readonly slowness?: RoomSlowness | undefined,
  ) {
    this.connection = connection;
    this.connectionId = id;
    this.room = room;
    this.requestId = requestId;
    this.reportsDrops = reportsDrops;
  }

  /** Sends a trigger to the client. */
  deliver(fanout: Fanout<Trigger>): void {
    if (fanout.publication.exclude === this.connectionId || !this.connection.isOpen) return;
    if (this.slowness !== undefined && this.connection.isBehind) this.sendLater(fanout, this.slowness);
    else this.connection.send(fanout.frame(this.envelope));
    fanout.delivered++;
  }

  /**
   * Sends a trigger to the client, unless it has got it through another of the trigger's rooms.
   * @param serial of the trigger: ascending, so that nothing of the trigger itself is kept.
   */
  deliverOnce(fanout: Fanout<Trigger>, serial: number): void {
    if (this.lastSerial === serial) return;
    this.lastSerial = serial;
    this.deliver(fanout);
  }

  /** See {@link MissingOwner.missed}. */
  missed(reason: DropReason): void {
    this.slowness?.missed(reason);
  }

  /** See {@link MissingOwner.missReport}. */
  missReport(count: number): Buffer | undefined {
    if (!this.reportsDrops) return undefined;
    return textFrame(`{"type":"dropped","count":${count},"requestId":${this.requestId}}`);
  }

  private sendLater(fanout: Fanout<Trigger>, { keyOf }: RoomSlowness): void {
    this.misses ??= new Misses(this);
    this.connection.sendLater(fanout.frame(this.envelope), this.misses, keyOf(fanout.publication));
  }
}
