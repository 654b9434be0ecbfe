import { joinedFrame } from '../connection/outflow/frame.js';
import type { Envelope } from '../delivery/envelope.js';
import type { JsonText } from '../protocol/json/json.js';
import type { Trigger } from './room/trigger.js';

const HEAD = Buffer.from('{"type":"publish","data":');

/** A trigger as a client sees it, with the request id of its subscription. */
export class RoomEnvelope implements Envelope<Trigger> {
  private readonly tail: Buffer;

  constructor(requestId: JsonText) {
    this.tail = Buffer.from(`,"requestId":${requestId}}`);
  }

  frame({ data }: Trigger): Buffer {
    return joinedFrame(HEAD, data, this.tail);
  }
}

/** As {@link RoomEnvelope}, for a client that is told the position of each. */
export class PositionedRoomEnvelope implements Envelope<Trigger> {
  /** See {@link Envelope.plain}. */
  readonly plain: RoomEnvelope;
  private readonly tail: string;

  constructor(requestId: JsonText) {
    this.plain = new RoomEnvelope(requestId);
    this.tail = `,"requestId":${requestId},"position":"`;
  }

  frame(trigger: Trigger): Buffer {
    const { data, position } = trigger;
    if (!position) return this.plain.frame(trigger);
    return joinedFrame(HEAD, data, Buffer.from(`${this.tail}${position.toString()}"}`));
  }
}
