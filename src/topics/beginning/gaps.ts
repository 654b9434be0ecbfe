import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import { JointCall, type JointCallHooks } from '../../callbacks/joint-call.js';
import { PublishSettings } from '../../config/sections/publish.settings.js';
import { Hub } from '../../delivery/hub.js';
import type { LossReason } from '../../history/channel-log.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { toJsonText, type JsonMembers } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import { type GapAnswer, readGapAnswer } from './gap-answer.js';
import type { Service } from '../service/service.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** The hole between the position of a client and the history. */
interface Gap {
  readonly topic: string;
  /** As the client gave it. */
  readonly position: string;
  readonly reason: LossReason;
  /** The top of the topic when the service is asked. */
  readonly askedAt: Position;
}

/** A service's answer, and the place of the topic when it was asked: of what came later, the answer may know nothing. */
export interface GapFilling extends GapAnswer {
  readonly askedAt: Position;
}

type GapCall = JointCall<GapFilling | undefined>;

/** Asks services about what clients have missed that is not kept: once for all who miss the same at one time. */
@Injectable()
export class Gaps {
  private readonly underWay = new Map<string, GapCall>();
  private readonly warnings = new DigestedLog(new Logger('Topics'));

  constructor(
    private readonly hub: Hub,
    private readonly settings: PublishSettings,
  ) {}

  /**
   * Asks the service of a subscription that has joined.
   * @returns nothing when it is not to be asked, cannot be, refuses, or has no answer.
   */
  async ask(
    { service, topic, connection }: TopicSubscription,
    position: string,
    reason: LossReason,
  ): Promise<GapFilling | undefined> {
    const askedAt = this.hub.topOf(topic);
    if (!service.fillsGaps || !askedAt) return undefined;
    const { abandoned } = connection;
    abandoned.throwIfAborted();
    const name = JSON.stringify([topic, position]);
    const underWay = this.underWay.get(name);
    const call = underWay?.isOpen
      ? underWay
      : this.begin(name, service, { topic, position, reason, askedAt });
    return call.join({ signal: abandoned });
  }

  private begin(name: string, service: Service, gap: Gap): GapCall {
    const call: GapCall = new JointCall(async (hooks) => {
      try {
        return await this.put(service, gap, hooks);
      } finally {
        if (this.underWay.get(name) === call) this.underWay.delete(name);
      }
    });
    this.underWay.set(name, call);
    return call;
  }

  private async put(service: Service, gap: Gap, hooks: JointCallHooks): Promise<GapFilling | undefined> {
    try {
      const answer = await service.ask('onGap', () => ({ fields: fieldsOf(gap), ...hooks }));
      const filling = readGapAnswer(gap.topic, answer, this.settings.maxBatch);
      return filling && { ...filling, askedAt: gap.askedAt };
    } catch (error) {
      hooks.signal.throwIfAborted();
      this.warn(service, error);
      return undefined;
    }
  }

  private warn({ name }: Service, error: unknown): void {
    if (error instanceof CallbackError) return; // it was logged where it happened
    this.warnings.warn(name, `onGap of ${name} fills no gap: ${reasonOf(error)}`);
  }
}

/** Nothing of a client: the answer is for all who come back with the same position. */
function fieldsOf({ topic, position, reason }: Gap): JsonMembers {
  return new Map([
    ['subscription', toJsonText(topic)],
    ['position', toJsonText(position)],
    ['reason', toJsonText(reason)],
  ]);
}

/** The reason, as it may stand in the log: of a refusal, whether it was one, and not the words of the app. */
function reasonOf(error: unknown): string {
  return error instanceof ClientError ? (error.verdict?.why ?? error.code) : messageOf(error);
}
