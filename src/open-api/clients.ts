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
    [prefix + settings.revokePath]: { post: remove(REVOKE) },
  };
}

interface RemovalOptions {
  readonly operationId: string;
  readonly summary: string;
  readonly members: Readonly<Record<string, Schema>>;
  readonly counted: string;
  /** Further members of the answer. */
  readonly more?: Readonly<Record<string, Schema>>;
  /** Whether it may not be done for want of a broker. */
  readonly fails?: boolean;
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

const SECONDS: Schema = { type: 'number', exclusiveMinimum: 0 };

const REVOKE: RemovalOptions = {
  operationId: 'revoke',
  summary:
    'Revokes a token, or all that an identity has, and closes the connections of its clients, on all nodes.',
  members: {
    identity: WHO.identity!,
    issued_until: { ...SECONDS, description: 'Only tokens of the identity that were issued until then.' },
    token_id: WHO.token_id!,
    ttl: { ...SECONDS, description: 'For how many seconds it is remembered: as long as the tokens live.' },
  },
  counted: 'disconnected',
  more: { until: { type: 'string', format: 'date-time', description: 'Until when it is remembered.' } },
  fails: true,
  example: { token_id: '5b0e' },
};

function removal(options: RemovalOptions, { tag, security }: ClientsPlace): Operation {
  const { operationId, summary, members: properties, counted, more, fails, example } = options;
  const schema: Schema = { type: 'object', properties, additionalProperties: false, minProperties: 1 };
  const done = objectOf({ status: { const: 'ok' }, [counted]: { type: 'integer' }, ...ANSWERED, ...more });
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
      ...(fails && { 503: refused }),
    },
  };
}
