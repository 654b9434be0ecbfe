import { createHash } from 'node:crypto';
import { Position } from '../../protocol/position.js';

/** The characters of a digest that are kept: 66 bits, as two logs are to differ by chance only. */
const DIGEST_LENGTH = 11;

/**
 * A place in a stream of RabbitMQ. Its epoch is that of this process, which goes on for as long as the stream does; clients
 * are given a proof in its place, by which every node can tell whether the stream still has what it had.
 */
export class StreamPosition extends Position {
  constructor(
    epoch: string,
    offset: number,
    /** See {@link StreamChain}. */
    readonly proof: string,
    private readonly proofBefore: string,
  ) {
    super(epoch, offset);
  }

  override get before(): Position {
    return new StreamPosition(this.epoch, this.offset - 1, this.proofBefore, this.proofBefore);
  }

  override toString(): string {
    return `${this.proof}.${this.offset}`;
  }

  /** The offset of the mark from which on the proof holds. */
  get mark(): number {
    return parseInt(this.proof, 36);
  }
}

/**
 * Proves what a stream has: a digest of all messages from a mark on, with the offset of that mark. A mark is a message with a
 * text that no other has. So two streams, or one before and after it has lost something, have no proof in common beyond
 * the place where they part; and whoever reads from any mark on finds the same proofs.
 */
export class StreamChain {
  private mark: number | undefined;
  private digest = '';

  /** The proof for the last message; nothing before the first mark. */
  get proof(): string | undefined {
    return this.mark === undefined ? undefined : `${this.mark.toString(36)}-${this.digest}`;
  }

  /** Adds the next message. */
  add(offset: number, content: Buffer, isMark: boolean): void {
    if (isMark) this.mark = offset;
    if (this.mark === undefined) return;
    const hash = createHash('sha256');
    if (!isMark) hash.update(this.digest);
    this.digest = hash.update(content).digest('base64url').slice(0, DIGEST_LENGTH);
  }
}

/** The offset of the mark in a position that a client gave; nothing if it cannot be one of a stream. */
export function markOffset({ epoch, offset }: Position): number | undefined {
  const found = FORM.exec(epoch);
  const mark = found ? parseInt(found[1]!, 36) : Infinity;
  return mark <= offset ? mark : undefined;
}

const FORM = /^([\da-z]{1,10})-[\w-]{11}$/;
