import { MAX_PAGE } from '../clients/connection-query.js';
import type { PublishSettings } from '../config/sections/publish.settings.js';
import { jsonContent, objectOf, type Operation, type Paths, responseAt, type Schema } from './open-api.js';

/** The place of the operations in a document. */
export interface ClientsPlace {
  readonly tag: string;
  readonly security: Operation['security'];
}

/** The members that select clients. */
export const WHO: Readonly<Record<string, Schema>> = {
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

/** A connection. */
export const ENTRY: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'The id of the connection.' },
    node: { type: 'string', description: 'The node that it is on.' },
    endpoint: { type: 'string', description: '`topics`, `rooms` or `procedures`.' },
    transport: { enum: ['websocket', 'stream', 'poll'], description: 'What carries it.' },
    address: { type: 'string' },
    identity: { description: 'The value of the field `auth.identityField`.' },
    since: { type: 'string', format: 'date-time' },
    subscriptions: { type: 'integer', description: 'How many it has.' },
    topics: { type: 'array', items: { type: 'string' }, description: 'What it is subscribed to.' },
  },
  required: ['id', 'node', 'endpoint', 'transport', 'since', 'subscriptions'],
};

const PAGE: Schema = objectOf({
  status: { const: 'ok' },
  connections: { type: 'array', items: ENTRY },
  total: { type: 'integer', description: 'How many there are from this page on.' },
  cursor: { type: ['string', 'null'], description: 'Where the next page begins.' },
  ...ANSWERED,
});

/** By name, the type and the description of each criterion. */
export const CRITERIA: readonly (readonly [name: string, schema: Schema, description: string])[] = [
  ['identity', { type: 'string' }, 'Whose they are, if that is a text.'],
  ['identity_json', { type: 'string' }, 'Whose they are, as JSON.'],
  ['token_id', { type: 'string' }, 'The id of their token (`jti`).'],
  ['connection', { type: 'string' }, 'The id of a connection.'],
  ['topic', { type: 'string' }, 'A topic that they are subscribed to.'],
  ['room', { type: 'string' }, 'A room that they are subscribed to, as JSON.'],
  ['address', { type: 'string' }, 'Where they connect from.'],
  ['node', { type: 'string' }, 'The node that they are on.'],
  ['limit', { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 100 }, 'The most of a page.'],
  ['cursor', { type: 'string' }, 'That of the page before.'],
  ['subscriptions', { type: 'boolean', default: false }, 'Whether what they are subscribed to is listed.'],
];

function connectionsOperation({ tag, security }: ClientsPlace): Operation {
  const refused = responseAt('Refused');
  return {
    operationId: 'connections',
    tags: [tag],
    summary: 'Lists who is connected, on all nodes, page by page.',
    description: 'Those to whom all of it applies.',
    security,
    parameters: CRITERIA.map(([name, schema, description]) => ({ name, in: 'query', description, schema })),
    responses: {
      200: { description: 'A page.', content: jsonContent(PAGE) },
      400: refused,
      401: refused,
      403: refused,
    },
  };
}

/** The clients that are connected; removing clients, what they are subscribed to, and their tokens. */
export function clientPaths(prefix: string, settings: PublishSettings, place: ClientsPlace): Paths {
  const remove = (options: RemovalOptions): Operation => removal(options, place);
  return {
    [prefix + settings.connectionsPath]: { get: connectionsOperation(place) },
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
      403: refused,
      413: refused,
      ...(fails && { 503: refused }),
    },
  };
}
