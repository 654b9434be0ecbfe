import type { ProcedureArguments } from '../../procedures/arguments.js';
import { Descriptor } from '../../procedures/descriptor.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { DescriptorChannel } from './channel.js';
import { descriptorKind, descriptorText, isDescriptorText } from './text.js';

/** The member of a body that has the answer sent to the first descriptor. */
const REPLY_TO_DESCRIPTOR = 'reply_to_first_fd';
const CANNOT_PASS = 'Cannot send file descriptors over TCP';

/** Where an answer goes instead of to the caller. */
export interface ReplyTarget {
  readonly descriptor: Descriptor;
  /** Whether an answer has begun there: then this one goes on, without a head. */
  readonly isBegun: boolean;
}

export interface PassedArguments {
  readonly given: ProcedureArguments;
  readonly replyTo?: ReplyTarget;
}

/** The descriptors of one request, which are closed with it. */
export class PassedDescriptors {
  private readonly open: Descriptor[] = [];

  constructor(private readonly channel: DescriptorChannel | undefined) {}

  /**
   * Puts the descriptors that came in the places of the arguments that stand for them.
   * @throws {ProcedureError} when there are none to be had, or not as many, or too many.
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
   * Has descriptors sent along with what is sent next.
   * @returns what stands for them in a body.
   * @throws {ProcedureError} when this cannot be.
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

/** The descriptors that a result consists of; nothing when it is something else. */
export function descriptorsIn(result: unknown): readonly Descriptor[] | undefined {
  if (result instanceof Descriptor) return [result];
  const isList = Array.isArray(result) && result.length > 0;
  return isList && result.every((one) => one instanceof Descriptor) ? result : undefined;
}
