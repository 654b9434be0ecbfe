import type { ChannelLog, LossReason } from '../../history/channel-log.js';
import type { Position } from '../../protocol/position.js';
import type { Publication } from '../../protocol/publication.js';
import type { Trigger } from '../room/trigger.js';
import type { TriggerLog, TriggerRecovery } from './trigger-log.js';

/** Finds the trigger in a publication; nothing if there is none. */
type TriggerIn = (publication: Publication) => Trigger | undefined;

/** The triggers of a channel of which the broker keeps a history. */
export class ChannelTriggerLog implements TriggerLog {
  constructor(
    private readonly log: ChannelLog,
    private readonly triggerIn: TriggerIn,
  ) {}

  get top(): Position | undefined {
    return this.log.top;
  }

  async recover(since: Position): Promise<TriggerRecovery | LossReason> {
    const recovery = await this.log.recover(since, true);
    if ('lost' in recovery) return recovery.lost;
    const { missed, until } = recovery;
    return { missed: this.triggersIn(missed), until, has: (other) => other.isWithin(until) };
  }

  private *triggersIn(publications: readonly Publication[]): Generator<Trigger> {
    for (const publication of publications) {
      const trigger = this.triggerIn(publication);
      if (trigger) yield trigger;
    }
  }
}
