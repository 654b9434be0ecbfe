import { Injectable } from '@nestjs/common';
import { RoomHub } from './room-hub.js';
import { RoomSessions } from './room-sessions.js';
import { RabbitMqTriggers } from './rabbitmq/rabbitmq-triggers.js';

/** High-Templar's answer to `{"type": "status"}`. */
export interface StatusReport {
  readonly open_connections: number;
  readonly num_rooms: number;
  readonly online_since: string;
  readonly rabbitmq_messages_received: number;
  readonly ws_messages_received: number;
  readonly ws_messages_send: number;
  readonly ws_messages_send_error: number;
  readonly ws_messages_send_queued: number;
}

/** Counts what the rooms' status report tells. */
@Injectable()
export class RoomStatus {
  private readonly onlineSince = localTimestamp(new Date());
  private messagesReceived = 0;

  constructor(
    private readonly hub: RoomHub,
    private readonly sessions: RoomSessions,
    private readonly rabbitmq: RabbitMqTriggers,
  ) {}

  messageReceived(): void {
    this.messagesReceived++;
  }

  report(): StatusReport {
    return {
      open_connections: this.sessions.authorizedCount,
      num_rooms: this.hub.roomCount,
      online_since: this.onlineSince,
      rabbitmq_messages_received: this.rabbitmq.received,
      ws_messages_received: this.messagesReceived,
      ws_messages_send: this.hub.deliveredCount,
      ws_messages_send_error: 0,
      ws_messages_send_queued: 0,
    };
  }
}

/** Local time without an offset, as the protocol has it. */
function localTimestamp(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, -1)}000`;
}
