import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { RabbitMqTriggers } from './rabbitmq/rabbitmq-triggers.js';
import { RoomAdmission } from './admission/room-admission.js';
import { RoomHub } from './relay/room-hub.js';

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

/** The counts that the rooms' status report tells; messages count for the metrics as well. */
@Injectable()
export class RoomStatus {
  private readonly onlineSince = localTimestamp(new Date());
  private messagesReceived = 0;

  constructor(
    private readonly hub: RoomHub,
    private readonly admission: RoomAdmission,
    private readonly rabbitmq: RabbitMqTriggers,
    private readonly metrics: Metrics,
  ) {}

  /** Counts a message of a client. */
  received(type: string, outcome: 'success' | 'error'): void {
    this.messagesReceived++;
    this.metrics.eventHandled(type, outcome);
  }

  report(): StatusReport {
    return {
      open_connections: this.admission.admittedCount,
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
