import { joinedFrame, textFrame } from '../../connection/outflow/frame.js';
import type { Envelope } from '../../delivery/envelope.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { RoomWording } from './room-wording.js';
import type { Trigger } from '../room/trigger.js';

/** The frame around the data of a trigger. */
interface Surroundings {
  readonly head: Buffer;
  readonly tail: string;
  /** The end of a frame without a position. */
  readonly end: Buffer;
}

/** A trigger as clients see it that know their subscription by the same id. */
export class RoomEnvelope implements Envelope<Trigger> {
  /** See {@link Envelope.plain}. */
  readonly plain: RoomEnvelope | undefined;
  /** Made with the first frame: many subscriptions are never sent any. */
  private surroundings: Surroundings | undefined = undefined;

  /**
   * @param requestId the id, by which the client knows what a frame is about.
   * @param hasPositions whether the client is told the position of each.
   */
  constructor(
    readonly wording: RoomWording,
    readonly requestId: JsonText,
    hasPositions: boolean,
  ) {
    this.plain = hasPositions ? new RoomEnvelope(wording, requestId, false) : undefined;
  }

  frame({ data, position }: Trigger): Buffer {
    const { head, tail, end } = (this.surroundings ??= this.makeSurroundings());
    const isTold = this.plain !== undefined && position !== undefined;
    return joinedFrame(
      head,
      data,
      isTold ? Buffer.from(`${tail},"position":"${position.toString()}"}`) : end,
    );
  }

  private makeSurroundings(): Surroundings {
    const { head, tail } = this.wording.trigger(this.requestId);
    return { head, tail, end: Buffer.from(`${tail}}`) };
  }

  /** A frame about the subscription. */
  notice(name: 'dropped' | 'position' | 'reset', members: string): Buffer {
    return textFrame(this.wording.notice(name, members, this.requestId));
  }
}
