import type { PublishSettings } from '../config/sections/publish.settings.js';
import { jsonContent, objectOf, type Operation, type Paths, responseAt, type Schema } from './open-api.js';

/** The place of the operations in a document. */
export interface ClientsPlace {
  readonly tag: string;
  readonly security: Operation['security'];
}

const WHO: Readonly<Record<string, Schema>> = {
  identity: {
    type: ['string', 'number', 'boolean'],
    description: 'Whose they are: the value of the field `auth.identityField`.',
  },
  token_id: { type: 'string', description: 'The id of their token (`jti`).' },
  connection: { type: 'string', description: 'The id of a connection.' },
  topic: { type: 'string', description: 'A topic that they are subscribed to.' },
  room: { type: 'object', description: 'A room that they are subscribed to, exactly as they are.' },
};

const RECONNECT: Schema = {
  type: 'boolean',
  default: false,
  description: 'Whether they are asked to come back, rather than to stay away.',
};

/** Of all nodes. */
const ANSWERED: Readonly<Record<string, Schema>> = {
  complete: { type: 'boolean', description: 'Whether all nodes have answered.' },
  nodes: objectOf({ asked: { type: 'integer' }, answered: { type: 'integer' } }),
};

/** Removing clients, and what they are subscribed to. */
export function clientPaths(prefix: string, settings: PublishSettings, place: ClientsPlace): Paths {
  const remove = (options: RemovalOptions): Operation => removal(options, place);
  return {
    [prefix + settings.disconnectPath]: { post: remove(DISCONNECT) },
    [prefix + settings.unsubscribePath]: { post: remove(UNSUBSCRIBE) },
  };
}

interface RemovalOptions {
  readonly operationId: string;
  readonly summary: string;
  readonly members: Readonly<Record<string, Schema>>;
  readonly counted: string;
  readonly example: object;
}

const DISCONNECT: RemovalOptions = {
  operationId: 'disconnect',
  summary: 'Closes the connections of clients, on all nodes.',
  members: { ...WHO, reconnect: RECONNECT },
  counted: 'disconnected',
  example: { identity: 'ann' },
};

const UNSUBSCRIBE: RemovalOptions = {
  operationId: 'unsubscribe',
  summary: 'Ends subscriptions of clients, to a topic or a room or all, on all nodes.',
  members: WHO,
  counted: 'unsubscribed',
  example: { topic: 'books.1', identity: 'ann' },
};

function removal(options: RemovalOptions, { tag, security }: ClientsPlace): Operation {
  const { operationId, summary, members: properties, counted, example } = options;
  const schema: Schema = { type: 'object', properties, additionalProperties: false, minProperties: 1 };
  const done = objectOf({ status: { const: 'ok' }, [counted]: { type: 'integer' }, ...ANSWERED });
  const refused = responseAt('Refused');
  return {
    operationId,
    tags: [tag],
    summary,
    description: 'Those to whom all of it applies.',
    security,
    requestBody: { required: true, content: { 'application/json': { schema, example } } },
    responses: {
      200: { description: 'How many, on the nodes that have answered.', content: jsonContent(done) },
      400: refused,
      401: refused,
      413: refused,
    },
  };
}
