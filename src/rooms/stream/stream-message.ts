import type { ConsumeMessage } from 'amqplib';

/** The type of messages that mark a place; see {@link StreamChain}. */
export const MARK_TYPE = 'kittiwake.mark';

/** The type of triggers that gateways have added. */
export const TRIGGER_TYPE = 'kittiwake.trigger';

/** A message of a stream. */
export interface StreamMessage {
  readonly offset: number;
  readonly content: Buffer;
  readonly isMark: boolean;
  /** Under which a gateway has added it; nothing for what came by the exchange. */
  readonly ticket: string | undefined;
}

/** Reads a message that a stream has brought; nothing if its queue is no stream. */
export function streamMessageOf({ content, properties }: ConsumeMessage): StreamMessage | undefined {
  const { headers, type, correlationId } = properties;
  const offset: unknown = headers?.['x-stream-offset'];
  if (typeof offset !== 'number') return undefined;
  const isMark = type === MARK_TYPE;
  const ticket = isMark || type === TRIGGER_TYPE ? String(correlationId) : undefined;
  return { offset, content, isMark, ticket };
}
