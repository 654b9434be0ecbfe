import { Injectable } from '@nestjs/common';
import { Hub } from '../../delivery/hub.js';
import { RevocationCopy } from '../../clients/revocation/revocation-copy.js';
import type { Replay } from '../../delivery/replays.js';
import type { LossReason } from '../../history/channel-log.js';
import type { RecoveryOutcome } from '../../metrics/history.metrics.js';
import { Metrics } from '../../metrics/metrics.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { MAX_POSITION_LENGTH, Position } from '../../protocol/position.js';
import { Gaps } from './gaps.js';
import type { RecoveryReply } from '../../events/reply.js';
import { TOPIC_ERRORS } from '../topic-errors.js';
import type { TopicInterest, TopicSubscription } from '../session/topic-subscription.js';

/** The beginning of a subscription for a client that follows positions. */
export interface Beginning {
  /** The publications it has missed, if it gets those in place of the state. */
  readonly replay?: Replay;
  /** Why it does not, if it came back. */
  readonly reason?: LossReason;
  /** The state that the service gave when it was asked about the gap. */
  readonly state?: FoundState;
}

/** A state, and what came after it. */
interface FoundState {
  /** As the answer to `beforeSubscribe`. */
  readonly answer: JsonMembers;
  readonly since: SinceState;
}

/** The publications after the position of a state. */
export interface SinceState {
  readonly position: Position;
  readonly replay: Replay;
}

/** The beginnings of clients that have a history: with what they have missed since their position, or the state. */
@Injectable()
export class Recoveries {
  constructor(
    private readonly hub: Hub,
    private readonly metrics: Metrics,
    private readonly gaps: Gaps,
    private readonly revocations: RevocationCopy,
  ) {}

  /** @throws {ClientError} for what cannot be a position. */
  static check({ since }: TopicInterest): void {
    const isFit = since === undefined || (typeof since === 'string' && since.length <= MAX_POSITION_LENGTH);
    if (!isFit) throw TOPIC_ERRORS.invalidPosition();
  }

  /**
   * Joins, and looks for what the client has missed.
   * @param since the position with which it comes back, as it gave it.
   * @throws {ClientError} when nobody can say; {@link CallbackError} when the service that would know could not be asked.
   */
  async join(subscription: TopicSubscription, since: unknown): Promise<Beginning> {
    try {
      await this.hub.join(subscription);
      return await this.find(subscription, since);
    } catch (error) {
      if (since !== undefined) this.metrics.history.recovered('unavailable');
      throw error;
    }
  }

  private async find(subscription: TopicSubscription, since: unknown): Promise<Beginning> {
    if (typeof since !== 'string') return {};
    await this.revocations.completed();
    const position = Position.parse(since);
    const found = position ? await this.hub.recover(subscription, position) : 'position_lost';
    const kept = this.bounded(subscription, found);
    const beginning = kept.reason ? await this.filled(subscription, since, kept.reason) : kept;
    this.metrics.history.recovered(outcomeOf(beginning), beginning.replay?.fanouts.length);
    return beginning;
  }

  /**
   * Finds what came after a state. @param position that of the state, as the service says.
   * @returns nothing where that cannot be said: what is held came after it.
   */
  async after(subscription: TopicSubscription, position: Position): Promise<SinceState | undefined> {
    const found = await this.hub.recover(subscription, position);
    const { replay } = this.bounded(subscription, found);
    return replay && { position, replay };
  }

  /** Asks the service about what is not kept. What came after it was asked is: nothing is missing in between. */
  private async filled(
    subscription: TopicSubscription,
    since: string,
    reason: LossReason,
  ): Promise<Beginning> {
    const gap = await this.gaps.ask(subscription, since, reason);
    if (!gap) return { reason };
    const given = gap.position && (await this.after(subscription, gap.position));
    const rest = given ?? (await this.after(subscription, gap.askedAt));
    if (!rest) return { reason };
    if (gap.state) return { reason, state: { answer: gap.state, since: rest } };
    const fanouts = [...(gap.missed ?? []), ...rest.replay.fanouts];
    const { replay } = this.bounded(subscription, { ...rest.replay, fanouts, ordered: [], isFilled: true });
    return replay ? { replay } : { reason };
  }

  /** The client's place, as it is told. @param state the position that the service gives for its state. */
  replyTo(
    subscription: TopicSubscription,
    { replay, reason }: Beginning,
    state?: Position,
  ): RecoveryReply | undefined {
    if (!subscription.recovers) return reason && { recovered: false, reason };
    if (replay && !state) return { recovered: true };
    const position = state ?? subscription.heldSince ?? this.hub.topOf(subscription.topic);
    return { ...(reason && { recovered: false, reason }), position };
  }

  /** Bounds what is written at once by what may wait for the client: else it would be closed, again and again. */
  private bounded({ maxReplayLength }: TopicSubscription, found: Replay | LossReason): Beginning {
    if (typeof found === 'string') return { reason: found };
    let length = 0;
    for (const { publication } of found.fanouts) length += publication.text.length;
    return length > maxReplayLength ? { reason: 'gap_too_long' } : { replay: found };
  }
}

function outcomeOf({ reason, replay }: Beginning): RecoveryOutcome {
  return reason ?? (replay?.isFilled ? 'filled' : 'recovered');
}
