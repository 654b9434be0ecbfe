import type { Service } from '../../topics/service/service.js';
import { schemaAt, type Schema } from '../open-api.js';
import {
  ANYTHING,
  type ChannelPart,
  type Exchange,
  frameOf,
  keyOf,
  type Message,
  TEXT,
} from './async-api.js';

const ID: Schema = { description: 'Any JSON: it comes back with the reply.' };
const POSITION: Schema = { type: 'string', maxLength: 64 };
const COUNT: Schema = { type: 'integer', minimum: 0 };
const OK: Schema = { const: 'ok' };
const SUBSCRIPTION = schemaAt('Subscription');
const MEMBERS: Schema = { type: 'array', items: schemaAt('Member') };

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Member: frameOf({ key: { type: ['string', 'number'] } }, { info: { type: 'object' } }),
  Presence: {
    anyOf: [
      frameOf({ seq: COUNT, members: MEMBERS }),
      frameOf({ count: COUNT }),
      { const: false, description: 'It sees nothing.' },
    ],
  },
};

/** The optional members of a subscription. */
const WISHES: Readonly<Record<string, Schema>> = {
  id: ID,
  recover: { type: 'boolean', description: 'Whether it is told positions.' },
  position: { ...POSITION, description: 'Where it was: it gets what it has missed.' },
  presence: { enum: [true, false, 'count'], description: 'Whether it is told who is there.' },
  report_drops: { type: 'boolean', description: 'Whether it is told what it has not got.' },
};

const event = (name: string): Schema => ({ const: name });

function message(title: string, summary: string, payload: Schema, ...examples: unknown[]): Message {
  return {
    title,
    summary,
    payload,
    ...(examples.length > 0 && { examples: examples.map((one) => ({ payload: one })) }),
  };
}

/** The frames that are there whatever services there are. */
const MESSAGES: Readonly<Record<string, Message>> = {
  hello: message(
    'hello',
    'The first frame.',
    frameOf(
      {
        event: event('hello'),
        connection_id: TEXT,
        limits: { type: 'object' },
        features: { type: 'array', items: TEXT },
      },
      { ping_period: { type: 'number' }, auth_deadline: { type: 'number' }, idle: { type: 'number' } },
    ),
  ),
  auth: message(
    'auth',
    'Proves who the client is.',
    frameOf({ event: event('auth') }, { method: TEXT, ticket: ANYTHING, token: TEXT, id: ID }),
    { event: 'auth', ticket: 'T' },
  ),
  unsubscribe: message(
    'unsubscribe',
    'Ends a subscription.',
    frameOf(
      { event: event('unsubscribe') },
      { subscription: SUBSCRIPTION, subscriptions: { type: 'array' }, id: ID },
    ),
    { event: 'unsubscribe', subscription: 'books.1' },
  ),
  message: message(
    'message',
    'Hands data to the app.',
    frameOf({ event: event('message'), subscription: SUBSCRIPTION }, { data: ANYTHING, id: ID }),
    { event: 'message', subscription: 'books.1', data: { action: 'update' } },
  ),
  ping: message('ping', 'Is answered by a pong.', frameOf({ event: event('ping') }, { data: ANYTHING })),
  pong: message(
    'pong',
    'The answer to a ping.',
    frameOf({ event: event('pong'), data: { type: ['string', 'null'], maxLength: 128 } }),
  ),
  ok: message(
    'ok',
    'What the client wanted is done.',
    frameOf(
      { event: { enum: ['auth', 'subscribe', 'unsubscribe', 'message'] }, status: OK },
      {
        subscription: SUBSCRIPTION,
        data: ANYTHING,
        id: ID,
        position: POSITION,
        recovered: { type: 'boolean' },
        reason: { enum: ['position_lost', 'gap_too_long'] },
        presence: schemaAt('Presence'),
      },
    ),
  ),
  error: message(
    'error',
    'What the client wanted is refused; without `event`, the frame was not an event.',
    frameOf(
      { status: { const: 'error' }, error: ANYTHING },
      { event: TEXT, subscription: ANYTHING, data: ANYTHING, code: TEXT, id: ID, retry_after: COUNT },
    ),
    {
      event: 'subscribe',
      subscription: 'books.1',
      status: 'error',
      error: 'Unauthorized.',
      code: 'unauthorized',
    },
  ),
  ended: message(
    'unsubscribe',
    'The gateway has ended a subscription.',
    frameOf(
      { event: event('unsubscribe'), subscription: SUBSCRIPTION, error: ANYTHING },
      { code: TEXT, data: ANYTHING },
    ),
  ),
  position: message(
    'position',
    'Where a subscription is, though there was nothing for it.',
    frameOf({ event: event('position'), subscription: SUBSCRIPTION, position: POSITION }),
  ),
  reset: message(
    'reset',
    'Positions begin anew: something may be missing.',
    frameOf({ event: event('reset'), subscription: SUBSCRIPTION }, { reason: TEXT, position: POSITION }),
  ),
  dropped: message(
    'dropped',
    'How many publications the client has not got.',
    frameOf({ event: event('dropped'), subscription: SUBSCRIPTION, count: COUNT }),
  ),
  presence: message(
    'presence',
    'Who is there, or who has come and gone.',
    frameOf(
      { event: event('presence'), subscription: SUBSCRIPTION },
      {
        seq: COUNT,
        members: MEMBERS,
        join: MEMBERS,
        leave: { type: 'array', items: { type: ['string', 'number'] } },
        count: COUNT,
        presence: { const: false },
      },
    ),
  ),
};

const ANSWERS = ['ok', 'error'];

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  hello: { from: 'gateway', summary: 'Says what the client may use.', message: 'hello' },
  auth: { from: 'client', summary: 'Authenticates.', message: 'auth', replies: ANSWERS },
  unsubscribe: { from: 'client', summary: 'Unsubscribes.', message: 'unsubscribe', replies: ANSWERS },
  message: { from: 'client', summary: 'Tells the app something.', message: 'message', replies: ANSWERS },
  ping: { from: 'client', summary: 'Asks for a sign of life.', message: 'ping', replies: ['pong'] },
  ended: { from: 'gateway', summary: 'Ends a subscription.', message: 'ended' },
  position: { from: 'gateway', summary: 'Tells a position.', message: 'position' },
  reset: { from: 'gateway', summary: 'Tells that positions begin anew.', message: 'reset' },
  dropped: { from: 'gateway', summary: 'Tells of a gap.', message: 'dropped' },
  presence: { from: 'gateway', summary: 'Tells who is there.', message: 'presence' },
};

/** The endpoint of topics, with those of each service. */
export function topicsPart(path: string, services: readonly Service[]): ChannelPart {
  return {
    name: 'topics',
    address: path === '*' ? '/' : path,
    title: 'Topics',
    description:
      'Clients subscribe to topics of services, and get what is published there. Each frame is a JSON object with a member `event`.',
    messages: { ...MESSAGES, ...Object.fromEntries(services.flatMap(messagesOf)) },
    exchanges: { ...EXCHANGES, ...Object.fromEntries(services.flatMap(exchangesOf)) },
    schemas: {
      ...SCHEMAS,
      Subscription: {
        description: 'A topic of one of the services.',
        ...(services.length > 0 ? { anyOf: services.map(({ name }) => schemaAt(topicOf(name))) } : TEXT),
      },
      ...Object.fromEntries(services.map((service) => [topicOf(service.name), topicSchema(service)])),
    },
  };
}

const topicOf = (service: string): string => `Topic.${keyOf(service)}`;

function topicSchema({ name, rules: { pattern } }: Service): Schema {
  const isOfService = pattern?.source ?? `^${escaped(`${name}.`)}[\\s\\S]+$`;
  return {
    ...TEXT,
    pattern: isOfService,
    ...(pattern && { description: `Of the form ${pattern.toString()}.` }),
  };
}

function messagesOf({ name, rules }: Service): [string, Message][] {
  const topic = schemaAt(topicOf(name));
  const fields = Object.fromEntries(rules.extraFields.map((field) => [field, ANYTHING]));
  const login = rules.requireAuthentication ? 'Only for clients that are authenticated.' : 'For everybody.';
  return [
    [
      `subscribe-${keyOf(name)}`,
      message(
        'subscribe',
        `Subscribes to a topic of ${name}. ${login}`,
        frameOf({ event: event('subscribe'), subscription: topic }, { ...fields, ...WISHES }),
      ),
    ],
    [
      `publication-${keyOf(name)}`,
      message('message', `Something that was published to a topic of ${name}. It has no status.`, {
        ...frameOf(
          { event: event('message'), subscription: topic, data: ANYTHING, sent_at: TEXT },
          { ...fields, published_at: TEXT, received_at: TEXT, queue_size: COUNT, position: POSITION },
        ),
        not: { required: ['status'] },
      }),
    ],
  ];
}

function exchangesOf({ name }: Service): [string, Exchange][] {
  const key = keyOf(name);
  const subscribe = `subscribe-${key}`;
  const publication = `publication-${key}`;
  return [
    [subscribe, { from: 'client', summary: `Subscribes to ${name}.`, message: subscribe, replies: ANSWERS }],
    [publication, { from: 'gateway', summary: `Publishes to those of ${name}.`, message: publication }],
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
