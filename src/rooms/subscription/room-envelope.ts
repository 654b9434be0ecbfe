import { joinedFrame, textFrame } from '../../connection/outflow/frame.js';
import type { Envelope } from '../../delivery/envelope.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { RoomWording } from './room-wording.js';
import type { Trigger } from '../room/trigger.js';

/** A trigger as clients see it that know their subscription by the same id. */
export class RoomEnvelope implements Envelope<Trigger> {
  /** See {@link Envelope.plain}. */
  readonly plain: RoomEnvelope | undefined;
  private readonly head: Buffer;
  private readonly tail: string;
  private readonly end: Buffer;

  /**
   * @param requestId the id, by which the client knows what a frame is about.
   * @param hasPositions whether the client is told the position of each.
   */
  constructor(
    readonly wording: RoomWording,
    readonly requestId: JsonText,
    hasPositions: boolean,
  ) {
    const { head, tail } = wording.trigger(requestId);
    this.head = head;
    this.tail = tail;
    this.end = Buffer.from(`${tail}}`);
    this.plain = hasPositions ? new RoomEnvelope(wording, requestId, false) : undefined;
  }

  frame({ data, position }: Trigger): Buffer {
    const isTold = this.plain !== undefined && position !== undefined;
    const end = isTold ? Buffer.from(`${this.tail},"position":"${position.toString()}"}`) : this.end;
    return joinedFrame(this.head, data, end);
  }

  /** A frame about the subscription. */
  notice(name: 'dropped' | 'position' | 'reset', members: string): Buffer {
    return textFrame(this.wording.notice(name, members, this.requestId));
  }
}
