import type { ProcedureArguments } from '../../procedures/arguments.js';
import { Descriptor } from '../../procedures/descriptor.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { DescriptorChannel } from './channel.js';
import { descriptorKind, descriptorText, isDescriptorText } from './text.js';

/** The member of a body that redirects the answer to the first descriptor; its value: the bytes sent there so far. */
const REPLY_TO_DESCRIPTOR = 'reply_to_first_fd';
const CANNOT_PASS = 'Cannot send file descriptors over TCP';

/** A descriptor that an answer goes to instead of to the caller. */
export interface ReplyTarget {
  readonly descriptor: Descriptor;
  /** Whether part of an answer has been written there: this one then continues it, without a head. */
  readonly isBegun: boolean;
}

export interface PassedArguments {
  readonly given: ProcedureArguments;
  readonly replyTo?: ReplyTarget;
}

/** The descriptors of one request and its answer; they are closed when it ends. */
export class PassedDescriptors {
  private readonly open: Descriptor[] = [];

  constructor(private readonly channel: DescriptorChannel | undefined) {}

  /**
   * Replaces the arguments that stand for descriptors by the received ones.
   * @throws {ProcedureError} when the transport cannot pass any, or too few or too many were received.
   */
  resolve(given: ProcedureArguments): PassedArguments {
    const { positional, named } = given;
    if (!named.has(REPLY_TO_DESCRIPTOR) && !positional.some(isDescriptorText)) return { given };
    const { channel } = this;
    if (!channel) throw new ProcedureError(CANNOT_PASS);
    const values = positional.map((value) =>
      isDescriptorText(value) ? this.received(channel, value) : value,
    );
    const others = new Map(named);
    others.delete(REPLY_TO_DESCRIPTOR);
    const sentBytes = named.get(REPLY_TO_DESCRIPTOR) ?? undefined;
    if (sentBytes === undefined) return { given: { positional: values, named: others } };
    const [descriptor, ...rest] = values;
    if (!(descriptor instanceof Descriptor) || !Number.isInteger(sentBytes))
      throw new ProcedureError(`${REPLY_TO_DESCRIPTOR} is not a number, or comes without a descriptor`, 400);
    const replyTo = { descriptor, isBegun: Number(sentBytes) > 0 };
    return { given: { positional: rest, named: others }, replyTo };
  }

  /**
   * Sends descriptors with the answer.
   * @returns the texts that stand for them in its body.
   * @throws {ProcedureError} when the transport cannot pass any, or there are too many.
   */
  attach(descriptors: readonly Descriptor[]): readonly string[] {
    this.open.push(...descriptors);
    const { channel } = this;
    if (!channel) throw new ProcedureError(CANNOT_PASS);
    if (descriptors.length > channel.max)
      throw new ProcedureError(`Too many file descriptors, at most ${channel.max}`);
    channel.attach(descriptors.map(({ fd }) => fd));
    return descriptors.map(descriptorText);
  }

  close(): void {
    for (const descriptor of this.open) descriptor.close();
  }

  private received(channel: DescriptorChannel, text: string): Descriptor {
    const kind = descriptorKind(text);
    const fd = channel.next();
    if (fd === undefined) throw new ProcedureError('a file descriptor did not come with the request', 400);
    const descriptor = new Descriptor(fd, kind);
    this.open.push(descriptor);
    return descriptor;
  }
}

/** Reads a result that is one descriptor or a list of them; `undefined` for any other. */
export function descriptorsIn(result: unknown): readonly Descriptor[] | undefined {
  if (result instanceof Descriptor) return [result];
  const isList = Array.isArray(result) && result.length > 0;
  return isList && result.every((one) => one instanceof Descriptor) ? result : undefined;
}
