import { BrokerError } from '../../broker/broker.error.js';
import type { LossReason } from '../../history/channel-log.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import type { Trigger } from '../room/trigger.js';
import type { TriggerLog, TriggerRecovery } from '../relay/trigger-log.js';
import { StreamLoad } from './stream-load.js';
import type { StreamMessage } from './stream-message.js';
import { markOffset, StreamChain, StreamPosition } from './stream-position.js';
import type { StreamEntry, StreamRing } from './stream-ring.js';

/** The most reads, for one client, of what is older than the ring: meanwhile the ring goes on. */
const MAX_LOADS = 3;

/** The source of a log: its stream. Both throw {@link BrokerError} when RabbitMQ cannot be reached. */
export interface StreamSource {
  /** Reads messages by their offsets, both ends included, until `take` says that it has enough. */
  read(from: number, to: number, take: (message: StreamMessage) => boolean): Promise<void>;
  /** Waits until everything that the stream has now has passed on this node. */
  catchUp(): Promise<void>;
  /** The trigger in a message, or in the text of one that is kept; nothing if it is none. */
  triggerIn(message: Buffer | JsonText): Trigger | undefined;
}

/**
 * The triggers of a stream. The offset is the number of a position; what is kept is in the stream itself, and the latest in
 * a ring. A position is believed only when the stream still proves it; see {@link StreamChain}.
 */
export class StreamTriggerLog implements TriggerLog {
  private current: StreamPosition | undefined;
  private chain = new StreamChain();
  private epochs = 0;

  constructor(
    private readonly ring: StreamRing,
    private readonly source: StreamSource,
  ) {}

  get top(): StreamPosition | undefined {
    return this.current;
  }

  /** Has what was known do no longer: the stream is another one, or went on without this node. */
  forget(): void {
    this.current = undefined;
    this.chain = new StreamChain();
    this.epochs++;
    this.ring.clear();
  }

  /** Takes the next message; the first one is a mark. @param text of the trigger in it, if there is one. */
  add({ offset, content, isMark }: StreamMessage, text: JsonText | undefined): StreamPosition {
    const before = this.chain.proof;
    this.chain.add(offset, content, isMark);
    const proof = this.chain.proof!;
    const position = new StreamPosition(this.epoch, offset, proof, before ?? proof);
    this.current = position;
    this.ring.push({ position, text });
    return position;
  }

  async recover(since: Position): Promise<TriggerRecovery | LossReason> {
    const mark = markOffset(since);
    if (mark === undefined) return 'position_lost';
    if (since.offset > this.knownTop().offset) await this.source.catchUp();
    for (let loads = 0; loads <= MAX_LOADS; loads++) {
      const loss = this.lossOf(since, mark);
      if (loss) return loss;
      const kept = this.ring.from(since.offset);
      if (kept) return this.answer(since, kept);
      const older = await this.load(since, mark);
      if (typeof older === 'string') return older;
      const all = this.joined(older);
      if (all) return this.answer(since, all);
    }
    throw new BrokerError('cannot read what is kept: more comes meanwhile');
  }

  /** Why nothing after a position can be told, whatever the stream has. */
  private lossOf({ offset }: Position, mark: number): LossReason | undefined {
    const top = this.knownTop();
    if (offset > top.offset) return 'position_lost';
    const { size } = this.ring;
    // It is read from its mark on.
    return top.offset - offset > size || offset - mark > size ? 'gap_too_long' : undefined;
  }

  private knownTop(): StreamPosition {
    if (!this.current) throw new BrokerError('the stream of triggers is not known yet');
    return this.current;
  }

  private get epoch(): string {
    return `stream-${this.epochs}`;
  }

  /** @param all from the place of the position up to the top. */
  private answer(since: Position, all: readonly StreamEntry[]): TriggerRecovery | LossReason {
    const has = ({ epoch, offset }: Position): boolean =>
      all[offset - since.offset]?.position.proof === epoch;
    if (!has(since)) return 'position_lost';
    return { missed: this.triggersIn(all), until: this.knownTop(), has };
  }

  private *triggersIn(all: readonly StreamEntry[]): Generator<Trigger> {
    for (const { position, text } of all.slice(1)) {
      const trigger = text === undefined ? undefined : this.source.triggerIn(text);
      if (!trigger) continue;
      trigger.position = position;
      yield trigger;
    }
  }

  /** Reads what the ring does not have. */
  private async load(since: Position, mark: number): Promise<readonly StreamEntry[] | LossReason> {
    const { epoch } = this;
    const to = (this.ring.firstOffset ?? this.knownTop().offset + 1) - 1;
    const load = new StreamLoad(since, mark, (message, position) => ({
      position: new StreamPosition(epoch, message.offset, ...position),
      text: message.isMark ? undefined : this.source.triggerIn(message.content)?.text,
    }));
    await this.source.read(mark, to, (message) => load.take(message));
    return load.loss ?? (epoch === this.epoch ? load.entries : 'position_lost');
  }

  /** Joins what was read to what the ring has; nothing when there is a hole between them by now. */
  private joined(older: readonly StreamEntry[]): readonly StreamEntry[] | undefined {
    const next = older.at(-1)!.position.offset + 1;
    const newer = next > this.knownTop().offset ? [] : this.ring.from(next);
    if (!newer) return undefined;
    if (newer.length === 0 || this.ring.firstOffset === next) this.ring.prepend(older);
    return [...older, ...newer];
  }
}
