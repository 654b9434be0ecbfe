import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { BrokerError } from '../../broker/broker.error.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { Histories } from '../../history/histories.js';
import type { PublicationSource } from '../../metrics/metrics.js';
import type { JsonText } from '../../protocol/json/json.js';
import { type Echo, Echoes } from '../relay/echoes.js';
import { RabbitMqInput } from '../rabbitmq/rabbitmq-input.js';
import { RoomHub } from '../relay/room-hub.js';
import type { Relayed } from '../relay/room-relay.js';
import type { Trigger } from '../room/trigger.js';
import type { StreamAccess } from './stream-access.js';
import { StreamMarks } from './stream-marks.js';
import { type StreamMessage, TRIGGER_TYPE } from './stream-message.js';
import type { StreamPosition } from './stream-position.js';
import { StreamRing } from './stream-ring.js';
import { type StreamSource, StreamTriggerLog } from './stream.trigger-log.js';

/** Within this time after all was here, who is ahead of it is not waited for again. */
const CAUGHT_UP_LATELY_MS = 100;

/** The stream of RabbitMQ in which all triggers are: every node reads all of it, and adds what it is given. */
@Injectable()
export class TriggerStream implements StreamSource, OnApplicationShutdown {
  /** The triggers of it, where it is used. */
  readonly log: StreamTriggerLog | undefined;
  private readonly logger = new Logger('RabbitMQ');
  private readonly nodeId = randomUUID();
  private readonly echoes = new Echoes();
  private readonly marks = new StreamMarks();
  private access: StreamAccess | undefined;
  private caughtUpAtMs = -Infinity;
  private checking: NodeJS.Timeout | undefined;

  constructor(
    { history, rabbitmq }: RoomsSettings,
    private readonly histories: Histories,
    private readonly rooms: RoomHub,
    private readonly input: RabbitMqInput,
  ) {
    if (!history || rabbitmq?.mode !== 'stream') return;
    this.log = new StreamTriggerLog(new StreamRing(history.size, histories.budget), this);
  }

  /**
   * Adds a trigger, which every node sends to its subscriptions when it comes.
   * @throws {BrokerError} when RabbitMQ did not take it, or it cannot be said whether it did.
   */
  async publish(trigger: Trigger, source: PublicationSource): Promise<Relayed> {
    this.input.counted(source);
    const access = this.opened();
    const echo = this.echoes.expect(trigger);
    try {
      const sent = access.send(Buffer.from(trigger.text), `${this.nodeId}.${echo.serial}`, TRIGGER_TYPE);
      // What has come is there: RabbitMQ does not always say so of what it took while it opened the stream.
      const reached = await Promise.race([echo.arrived, sent.then(() => echo.count())]);
      const { position } = trigger;
      return { reached, ...(position && { appended: { position, isRepeated: false } }) };
    } finally {
      this.echoes.forget(echo);
    }
  }

  /** A connection begins. @param end the offset of a mark of now. @returns what to go on from; nothing to begin there. */
  begin(end: number): StreamPosition | undefined {
    const top = this.log!.top;
    this.histories.metrics.read(top ? 'catch_up' : 'open');
    if (!top || end > top.offset) return top;
    this.lost();
    return undefined;
  }

  /** Takes from now on what it has, and adds to it what is given. */
  use(access: StreamAccess): void {
    this.access = access;
    this.checking ??= setInterval(() => this.check(), this.histories.checkPeriodMs).unref();
  }

  /** The connection has ended. */
  leave(access: StreamAccess): void {
    if (this.access === access) this.access = undefined;
  }

  /** It is not what it was. */
  lost(): void {
    this.histories.metrics.reset();
    this.logger.warn(
      'the stream of triggers does not have what it had: clients are told that some may be missing',
    );
    this.log!.forget();
  }

  /** Takes the next message. */
  received(message: StreamMessage): void {
    const log = this.log!;
    const isFirst = log.top === undefined;
    const echo = this.echoOf(message);
    const trigger = message.isMark ? undefined : (echo?.trigger ?? this.triggerOf(message));
    const position = log.add(message, trigger && (message.content.toString() as JsonText));
    // Nobody knows what came before, and who is here already may have missed it.
    if (isFirst) this.rooms.reset(position);
    if (this.marks.passed(message)) this.mark();
    if (!trigger) return;
    trigger.position = position;
    const reached = this.rooms.fanOut(trigger);
    echo?.delivered(reached);
  }

  /** See {@link StreamSource.read}. */
  read(from: number, to: number, take: (message: StreamMessage) => boolean): Promise<void> {
    this.histories.metrics.read('recovery');
    return this.opened().read(from, to, take);
  }

  /** See {@link StreamSource.catchUp}. */
  async catchUp(): Promise<void> {
    if (monotonicMs() - this.caughtUpAtMs < CAUGHT_UP_LATELY_MS) return;
    await this.marks.roundTrip(this.opened());
    this.caughtUpAtMs = monotonicMs();
  }

  /** See {@link StreamSource.triggerIn}. */
  triggerIn(message: Buffer | JsonText): Trigger | undefined {
    return this.input.takeAgain(message);
  }

  onApplicationShutdown(): void {
    clearInterval(this.checking);
  }

  private opened(): StreamAccess {
    if (!this.access) throw new BrokerError('RabbitMQ is not connected');
    return this.access;
  }

  private echoOf({ ticket }: StreamMessage): Echo | undefined {
    const [node, serial = ''] = ticket?.split('.') ?? [];
    return node === this.nodeId ? this.echoes.take(serial) : undefined;
  }

  private triggerOf({ content, ticket }: StreamMessage): Trigger | undefined {
    const trigger = this.input.take(content, (taken) => taken);
    if (trigger && ticket === undefined) this.input.counted('rabbitmq');
    return trigger;
  }

  private check(): void {
    if (this.marks.isDue) this.mark();
    void this.rooms.tellLatest();
  }

  private mark(): void {
    // Silent: the end of the connection is told by itself.
    this.access?.mark(randomUUID()).catch(() => undefined);
  }
}
