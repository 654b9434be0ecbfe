import type { ConsumeMessage } from 'amqplib';
import { Keeping, type KeepMessage } from './keeping.js';
import type { ConsumerOwner, QueueConsumer } from './queue-consumer.js';

/** Takes a message. @returns what keeps it, where it is to be acknowledged only then. */
export type MessageTaker = (message: ConsumeMessage) => KeepMessage | undefined;

/** Takes each message once: it leaves the queue with that, or once it is kept. */
export class MessageConsumer implements QueueConsumer {
  private readonly keeping: Keeping;

  constructor(
    private readonly owner: ConsumerOwner,
    private readonly received: MessageTaker,
  ) {
    this.keeping = new Keeping(owner);
  }

  async start(): Promise<void> {
    const { channel, queue } = this.owner;
    if (queue.prefetch !== undefined) await channel.prefetch(queue.prefetch);
    const noAck = queue.prefetch === undefined;
    await channel.consume(queue.name, (message) => this.take(message), { noAck });
  }

  stop(): void {
    this.keeping.stop();
  }

  private take(message: ConsumeMessage | null): void {
    if (!message) this.owner.giveUp('its queue was deleted');
    else this.taken(message, this.isOurs(message) ? undefined : this.received(message));
  }

  private taken(message: ConsumeMessage, keep: KeepMessage | undefined): void {
    if (this.owner.queue.prefetch !== undefined) this.keeping.take(message, keep);
  }

  /** Whether it was only to show that the binding is there. */
  private isOurs({ fields }: ConsumeMessage): boolean {
    return fields.routingKey === this.owner.queue.probe;
  }
}
