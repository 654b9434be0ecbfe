import type { Connection } from '../connection/connection.js';
import type { Fanout } from '../delivery/fanout.js';
import type { JsonText } from '../protocol/json.js';
import type { Room } from './room.js';
import type { RoomEnvelope } from './room-envelope.js';
import type { Trigger } from './trigger.js';

/** A connection's interest in one room, under a request id of the client's choice. */
export class RoomSubscription {
  private lastSerial = 0;

  constructor(
    readonly connection: Connection,
    /** The id of the connection, by which a trigger may exclude it. */
    private readonly connectionId: string,
    readonly room: Room,
    readonly requestId: JsonText,
    private readonly envelope: RoomEnvelope,
  ) {}

  /** Sends a trigger to the client. */
  deliver(fanout: Fanout<Trigger>): void {
    if (fanout.publication.exclude === this.connectionId || !this.connection.isOpen) return;
    this.connection.send(fanout.frame(this.envelope));
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
}
