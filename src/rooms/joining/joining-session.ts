import { Reply } from '../../events/reply.js';
import type { ClientError, Verdict } from '../../protocol/errors.js';
import { toJsonText, type JsonText } from '../../protocol/json/json.js';
import { RoomSession } from '../room-session.js';
import type { RoomSubscription } from '../subscription/room-subscription.js';
import type { RoomWording } from '../subscription/room-wording.js';
import { EVENT_WORDING } from './event-wording.js';
import { joinError } from './join-errors.js';
import { ROOM_ERRORS } from '../room-errors.js';

/** Why a client was not let in, and when the app may be asked again. */
interface Refused {
  readonly error: ClientError;
  readonly untilMs: number;
}

/** The state of a client of `/ws` that joins rooms. It is in a room once, and knows it by a number. */
export class JoiningSession extends RoomSession {
  refused: Refused | undefined = undefined;
  private readonly byRef = new Map<string, RoomSubscription>();
  private lastRef = 0;
  /** Those of rooms that the client has left, in descending order. */
  private readonly leftRefs: number[] = [];

  /**
   * The number of the next room that it joins: the lowest, so that many clients share frames. The client is told by its own
   * `leave` that a number is free. One that was taken from it is not given again: it may have sent something about the
   * room before it heard of the end.
   */
  get nextRef(): JsonText {
    return toJsonText(this.leftRefs.at(-1) ?? this.lastRef + 1);
  }

  override get wording(): RoomWording {
    return EVENT_WORDING;
  }

  override add(subscription: RoomSubscription): void {
    super.add(subscription);
    if (this.leftRefs.length > 0) this.leftRefs.pop();
    else this.lastRef++;
    this.byRef.set(subscription.requestId, subscription);
  }

  override remove(subscription: RoomSubscription): void {
    super.remove(subscription);
    this.byRef.delete(subscription.requestId);
  }

  override removeAll(ref: JsonText): RoomSubscription[] {
    const subscription = this.byRef.get(ref);
    if (!subscription) return [];
    this.remove(subscription);
    const left = Number(ref);
    this.leftRefs.splice(this.leftRefs.findLastIndex((one) => one > left) + 1, 0, left);
    return [subscription];
  }

  override tellEnd({ requestId: ref }: RoomSubscription, verdict: Verdict): void {
    const reply = new Reply(this.connection, { event: 'leave', ref });
    reply.ended(joinError(ROOM_ERRORS.roomNotFound(), verdict), undefined);
  }

  protected override groupOf(_ref: JsonText): string {
    return '';
  }
}
