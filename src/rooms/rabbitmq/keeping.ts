import type { Channel, ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/message-of.js';

/** The most that go into the history at once. */
const MAX_TOGETHER = 50;
const RETRY_MS = 250;
/** After so many tries another node may have better luck. */
const MAX_TRIES = 20;

/**
 * Keeps a message; may be called again. @throws when it could not be kept: then none is kept that was to be after it, in the
 * same turn of the event loop.
 */
export type KeepMessage = () => Promise<void>;

/** The connection that messages come by. */
export interface KeepingOwner {
  readonly channel: Pick<Channel, 'ack'>;
  /** Ends the connection: what is not acknowledged goes to another node, or comes again. */
  giveUp(reason: string): void;
}

interface Waiting {
  readonly message: ConsumeMessage;
  readonly keep: KeepMessage | undefined;
}

/** Keeps messages in their order, and acknowledges each once it is kept. */
export class Keeping {
  private waiting: Waiting[] = [];
  private isRunning = false;
  private isStopped = false;

  constructor(
    private readonly owner: KeepingOwner,
    private readonly retryMs = RETRY_MS,
  ) {}

  /** @param keep absent for one that is not to be kept. */
  take(message: ConsumeMessage, keep: KeepMessage | undefined): void {
    this.waiting.push({ message, keep });
    if (!this.isRunning) void this.run();
  }

  /** The connection has ended: nothing can be acknowledged any more. */
  stop(): void {
    this.isStopped = true;
    this.waiting = [];
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) await this.keepAll(this.waiting.splice(0, MAX_TOGETHER));
    this.isRunning = false;
  }

  private async keepAll(messages: readonly Waiting[]): Promise<void> {
    const { owner } = this;
    let rest = messages;
    for (let tries = 1; !this.isStopped; tries++) {
      const outcomes = await Promise.allSettled(rest.map(async ({ keep }) => keep?.()));
      rest = rest.filter((_, index) => outcomes[index]!.status === 'rejected');
      if (this.isStopped) return;
      if (rest.length === 0) return owner.channel.ack(messages.at(-1)!.message, true);
      const failure = outcomes.find((outcome) => outcome.status === 'rejected');
      if (tries === MAX_TRIES) owner.giveUp(`triggers cannot be kept: ${messageOf(failure?.reason)}`);
      else await delay(this.retryMs, undefined, { ref: false });
    }
  }
}
