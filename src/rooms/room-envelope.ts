import type { Envelope } from '../delivery/envelope.js';
import type { JsonText } from '../protocol/json.js';
import type { Trigger } from './trigger.js';

/** A trigger as a client sees it, with the request id of its subscription. */
export class RoomEnvelope implements Envelope<Trigger> {
  private readonly tail: string;

  constructor(requestId: JsonText) {
    this.tail = `,"requestId":${requestId}}`;
  }

  wrap({ data }: Trigger): string {
    return `{"type":"publish","data":${data}${this.tail}`;
  }
}
