import { VERSION } from '../../config/version.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { JSON_TYPE } from '../../protocol/media-type.js';
import type { Reference } from '../open-api.js';
import type { AsyncApiDocument, AsyncOperation, ApiChannel, ChannelPart } from './async-api.js';

const INFO = {
  title: 'Kittiwake',
  version: VERSION,
  description:
    'What goes over WebSockets between this gateway and its clients, as the reader may use it. It is written for clients that offer the sub-protocol kittiwake.v1.json; frames of others are the same with fewer members, and their close code is 1000.',
};

const CLOSE_CODES = Object.values(CLOSE_REASONS).map(({ name, code, text, reconnect }) => ({
  code,
  name,
  text,
  reconnect,
}));

/** Describes endpoints for clients. @param mainUrl where they are, if that is known. */
export function asyncApiDocument(
  parts: readonly ChannelPart[],
  mainUrl: string | undefined,
): AsyncApiDocument {
  return {
    asyncapi: '3.0.0',
    info: INFO,
    defaultContentType: JSON_TYPE,
    ...(mainUrl !== undefined && { servers: { gateway: serverAt(mainUrl) } }),
    channels: Object.fromEntries(parts.map((part) => [part.name, channelOf(part)])),
    operations: Object.fromEntries(parts.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(
        parts.flatMap(({ name, messages }) =>
          Object.entries(messages).map(([key, message]) => [`${name}.${key}`, message] as const),
        ),
      ),
      schemas: Object.assign(
        {},
        ...parts.map(({ schemas }) => schemas),
      ) as AsyncApiDocument['components']['schemas'],
    },
  };
}

function serverAt(url: string): { readonly host: string; readonly protocol: string } {
  const { host, protocol } = new URL(url);
  return { host, protocol: protocol === 'https:' ? 'wss' : 'ws' };
}

function channelOf({ name, address, title, description, parameters, messages }: ChannelPart): ApiChannel {
  return {
    address,
    title,
    description,
    ...(parameters && { parameters }),
    messages: Object.fromEntries(
      Object.keys(messages).map((key) => [key, at('components', 'messages', `${name}.${key}`)]),
    ),
    bindings: { ws: { method: 'GET' } },
    'x-close-codes': CLOSE_CODES,
  };
}

function operationsOf({ name, exchanges }: ChannelPart): [string, AsyncOperation][] {
  const channel = at('channels', name);
  const messageAt = (key: string): Reference => at('channels', name, 'messages', key);
  return Object.entries(exchanges).map(([key, { from, summary, message, replies }]) => [
    `${name}.${key}`,
    {
      action: from === 'client' ? 'receive' : 'send',
      channel,
      summary,
      messages: [messageAt(message)],
      ...(replies && { reply: { channel, messages: replies.map(messageAt) } }),
    },
  ]);
}

function at(...path: readonly string[]): Reference {
  return { $ref: `#/${path.join('/')}` };
}
