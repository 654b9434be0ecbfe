import { settlesWithin } from '../../base/time-limit.js';
import type { StreamMessage } from './stream-message.js';
import { StreamAccess, type StreamOwner } from './stream-access.js';
import { StreamChain, type StreamPosition } from './stream-position.js';
import type { TriggerStream } from './trigger-stream.js';

/** The longest wait for what was read before to be read again. */
const PROOF_MS = 30_000;
const BROKEN = 'the stream has not what it had: it was lost, or is too old, and numbers begin anew';

/** A connection with its stream. */
export interface StreamConsumerOwner extends StreamOwner {
  readonly queue: { readonly name: string };
}

/**
 * Takes what a stream has over one connection, from where the one before has ended; from a mark of its own, when there was
 * none. What it has is read again from the latest mark on, which proves that it is still the same.
 */
export class StreamConsumer {
  private access: StreamAccess | undefined;
  private known: StreamPosition | undefined;
  private readonly chain = new StreamChain();
  private next = 0;
  private proven: () => void = () => undefined;
  private isStopped = false;

  constructor(
    private readonly owner: StreamConsumerOwner,
    private readonly stream: TriggerStream,
  ) {}

  async start(): Promise<void> {
    const access = await StreamAccess.open(this.owner, this.owner.queue.name);
    this.access = access;
    const end = await access.markEnd();
    this.known = this.stream.begin(end);
    this.next = this.known?.mark ?? end;
    const proven = new Promise<void>((resolve) => (this.proven = resolve));
    await access.follow(this.next, (message) => this.take(message));
    // One that was deleted and declared anew in this moment is silent up to where the other one was.
    if (!(await settlesWithin(PROOF_MS, proven))) throw new Error('the stream does not bring what it had');
    if (!this.isStopped) this.stream.use(access);
  }

  stop(): void {
    this.isStopped = true;
    if (this.access) this.stream.leave(this.access);
  }

  private take(message: StreamMessage): void {
    if (this.isStopped) return;
    const { offset } = message;
    const end = this.known?.offset ?? -1;
    if (offset !== this.next++ || !this.isProven(message)) return this.broken();
    if (offset > end) this.stream.received(message);
    if (offset >= end) this.proven();
  }

  /** Whether it is new, or the same as before. */
  private isProven({ offset, content, isMark }: StreamMessage): boolean {
    if (!this.known || offset > this.known.offset) return true;
    this.chain.add(offset, content, isMark);
    return offset < this.known.offset || this.chain.proof === this.known.proof;
  }

  private broken(): void {
    this.stream.lost();
    this.owner.giveUp(BROKEN);
  }
}
