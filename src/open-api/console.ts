import { Injectable } from '@nestjs/common';
import { isConfigured } from '../config/configured.js';
import { CONSOLE_API_PATH } from '../config/operator-paths.js';
import { OperatorsSettings } from '../config/sections/operators/operators.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import { ANSWERED, CALLBACKS, CHANNEL_LIST, CONFIG, NODES, REFUSALS, SESSION } from './console-schemas.js';
import { CRITERIA, ENTRY, WHO } from './clients.js';
import {
  jsonContent,
  objectOf,
  type Operation,
  type ParameterObject,
  type Part,
  type PartSource,
  responseAt,
  type Schema,
  schemaAt,
} from './open-api.js';
import { PUBLICATION, triggerSchema } from './push.js';

const TAG = {
  name: 'Console',
  description:
    'What operators see and do, on all nodes: `complete` says whether all have answered, `missing` which have not. It takes a key (`operators.keys`), one with full access to act; without any configured, who comes to the port for operators by the loopback may look.',
};
const KEY = 'operatorKey';
const SECURITY: Operation['security'] = [{ [KEY]: [] }];

/** The API of the console. */
@Injectable()
export class ConsolePart implements PartSource {
  constructor(
    private readonly settings: OperatorsSettings,
    private readonly rooms: RoomsSettings,
  ) {}

  part({ prefix, base, mainUrl }: OperatorPlace): Part | undefined {
    const { enabled, console: hasConsole, keys } = this.settings;
    if (!enabled || !hasConsole) return undefined;
    const here = mainUrl === undefined ? {} : { servers: [{ url: '/' }] };
    const security: Operation['security'] = keys.size > 0 ? SECURITY : [{}];
    const operations = [
      ...READINGS.map((one) => [one.name, { get: { ...reading(one), security, ...here } }] as const),
      ...this.actions().map((one) => [one.name, { post: { ...action(one), ...here } }] as const),
    ];
    return {
      tag: TAG,
      paths: Object.fromEntries(
        operations.map(([name, operation]) => [`${prefix}${base}${CONSOLE_API_PATH}/${name}`, operation]),
      ),
      components: {
        schemas: { OperatorRefusal: objectOf({ status: { const: 'error' }, error: { type: 'string' } }) },
        responses: {
          OperatorRefused: {
            description: 'Why it was not done.',
            content: jsonContent(schemaAt('OperatorRefusal')),
          },
        },
        securitySchemes: {
          [KEY]: { type: 'http', scheme: 'bearer', description: 'A key of operators (`operators.keys`).' },
        },
      },
    };
  }

  private actions(): Action[] {
    if (!isConfigured(this.rooms)) return ACTIONS;
    const trigger = {
      name: 'trigger',
      summary: 'Triggers rooms.',
      schema: triggerSchema(this.rooms),
      done: { reached: { type: 'integer', description: 'Subscriptions of the node that was asked.' } },
    };
    return [...ACTIONS, trigger];
  }
}

interface Reading {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterObject[];
  readonly body: Schema;
  readonly isStream?: boolean;
}

const CHANNEL_PARAMETERS: readonly ParameterObject[] = [
  parameter('find', { type: 'string', maxLength: 512 }, 'A part of their names.'),
  parameter('sort', { enum: ['subscribers', 'rate'], default: 'subscribers' }, 'What comes first.'),
  parameter('limit', { type: 'integer', minimum: 1, maximum: 500, default: 50 }, 'The most of an answer.'),
];

const READINGS: readonly Reading[] = [
  { name: 'session', summary: 'Who asks, and what they may.', body: SESSION },
  { name: 'nodes', summary: 'What each node carries, and how it bears it.', body: NODES },
  {
    name: 'connections',
    summary: 'Lists who is connected, page by page.',
    parameters: CRITERIA.map(([name, schema, description]) => parameter(name, schema, description)),
    body: objectOf({
      status: { const: 'ok' },
      connections: { type: 'array', items: ENTRY },
      total: { type: 'integer', description: 'How many there are from this page on.' },
      cursor: { type: ['string', 'null'], description: 'Where the next page begins.' },
      ...ANSWERED,
    }),
  },
  {
    name: 'topics',
    summary: 'Lists topics by subscribers, or by publications per second.',
    parameters: CHANNEL_PARAMETERS,
    body: CHANNEL_LIST({ topic: { type: 'string' } }),
  },
  {
    name: 'rooms',
    summary: 'Lists rooms by subscribers, or by triggers per second.',
    parameters: CHANNEL_PARAMETERS,
    body: CHANNEL_LIST({ room: { type: 'object' } }),
  },
  { name: 'callbacks', summary: 'How the app answers callbacks.', body: CALLBACKS },
  { name: 'refusals', summary: 'What was refused, and why connections ended.', body: REFUSALS },
  {
    name: 'config',
    summary: 'The settings in force, where each came from, and what other nodes have otherwise.',
    body: CONFIG,
  },
  {
    name: 'tail',
    summary: 'Follows a topic, a room, or the frames of somebody, as Server-Sent Events.',
    description:
      'One of topic, room, identity and connection. Events: `begin`, `publication`, `trigger`, `frame`, `clients` (how many connections are heard), `dropped` (how many were not told), `lost` (publications may be missing), `refused`.',
    parameters: [
      parameter('topic', { type: 'string' }, 'A topic.'),
      parameter('room', { type: 'string' }, 'A room, as JSON; rooms that overlap with it are followed.'),
      parameter('identity', { type: 'string' }, 'Whose frames, if that is a text.'),
      parameter('identity_json', { type: 'string' }, 'Whose frames, as JSON.'),
      parameter('connection', { type: 'string' }, 'The id of a connection whose frames are followed.'),
      parameter(
        'data',
        { type: 'boolean', default: false },
        'Whether data is shown, which takes full access, or its shape only.',
      ),
    ],
    body: { type: 'string' },
    isStream: true,
  },
];

interface Action {
  readonly name: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly done: Readonly<Record<string, Schema>>;
}

const WHOM: Schema = { type: 'object', properties: WHO, additionalProperties: false, minProperties: 1 };

const ACTIONS: Action[] = [
  {
    name: 'disconnect',
    summary: 'Closes the connections of clients.',
    schema: { ...WHOM, properties: { ...WHO, reconnect: { type: 'boolean', default: false } } },
    done: { disconnected: { type: 'integer' } },
  },
  {
    name: 'unsubscribe',
    summary: 'Ends subscriptions of clients, to a topic or a room or all.',
    schema: WHOM,
    done: { unsubscribed: { type: 'integer' } },
  },
  { name: 'publish', summary: 'Publishes to the subscribers of a topic.', schema: PUBLICATION, done: {} },
];

function parameter(name: string, schema: Schema, description: string): ParameterObject {
  return { name, in: 'query', description, schema };
}

function reading({
  name,
  summary,
  description,
  parameters,
  body,
  isStream,
}: Reading): Omit<Operation, 'security'> {
  const refused = responseAt('OperatorRefused');
  const content = isStream ? { 'text/event-stream': { schema: body } } : jsonContent(body);
  return {
    operationId: `console.${name}`,
    tags: [TAG.name],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    responses: {
      200: { description: 'The answer.', content },
      ...(parameters && { 400: refused }),
      401: refused,
      403: refused,
    },
  };
}

function action({ name, summary, schema, done }: Action): Operation {
  const refused = responseAt('OperatorRefused');
  return {
    operationId: `console.${name}`,
    tags: [TAG.name],
    summary,
    security: SECURITY,
    requestBody: { required: true, content: jsonContent(schema) },
    responses: {
      200: {
        description: 'It was done.',
        content: jsonContent(objectOf({ status: { const: 'ok' }, ...done })),
      },
      400: refused,
      401: refused,
      403: refused,
      413: refused,
      503: refused,
    },
  };
}
