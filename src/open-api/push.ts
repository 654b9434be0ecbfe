import { Inject, Injectable } from '@nestjs/common';
import { historyPathOf, presencePathOf } from '../config/reading-paths.js';
import { isConfigured } from '../config/configured.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { SERVICE_SECTIONS, type ServiceSettings } from '../config/sections/service/service.settings.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import { clientPaths } from './clients.js';
import { historyOperation } from './history.js';
import { presenceOperation } from './presence.js';
import {
  jsonContent,
  objectOf,
  type Operation,
  type ParameterObject,
  type Part,
  type PartSource,
  type Paths,
  responseAt,
  type Schema,
  schemaAt,
} from './open-api.js';

const TAG = { name: 'Services', description: 'What services push to clients. They need an API key.' };
const API_KEY = 'apiKey';
const SECURITY: Operation['security'] = [{ [API_KEY]: [] }];

const ANYTHING: Schema = {};
const OK: Schema = { const: 'ok' };

const IDEMPOTENCY_KEY: Schema = {
  type: ['string', 'null'],
  maxLength: 255,
  description: 'Another one with the same key is this one, where a history is kept.',
};

/** A pushed publication. */
export const PUBLICATION: Schema = {
  type: 'object',
  description: 'Members that are not listed here are there to be filtered by.',
  properties: {
    subscription: { type: 'string', description: 'The topic.' },
    data: { description: 'What subscribers get; any JSON.' },
    published_at: { type: 'string', format: 'date-time', description: 'When it was published.' },
    idempotency_key: IDEMPOTENCY_KEY,
    options: {
      type: 'object',
      properties: {
        order: {
          type: ['integer', 'number', 'string'],
          description: 'Publications not above the highest that was seen are dropped.',
        },
        order_key: { description: 'Orders are compared among publications of the same key.' },
        throttle: { type: ['number', 'string'], description: 'At most one in so many seconds.' },
        throttle_key: { description: 'Throttling counts publications of the same key.' },
      },
    },
  },
  required: ['subscription', 'data'],
};

/** Pushing publications, and triggers where there are rooms. */
@Injectable()
export class PushPart implements PartSource {
  constructor(
    private readonly publish: PublishSettings,
    private readonly rooms: RoomsSettings,
    @Inject(SERVICE_SECTIONS) private readonly services: ReadonlyMap<string, ServiceSettings>,
  ) {}

  part({ prefix }: OperatorPlace): Part | undefined {
    if (!this.publish.enabled) return undefined;
    const part = pushPart(prefix, this.publish, this.rooms);
    return { ...part, paths: { ...part.paths, ...this.readings(prefix) } };
  }

  private readings(prefix: string): Paths {
    const { publish, services, rooms } = this;
    const place = { tag: TAG.name, security: SECURITY, maxLimit: publish.maxBatch };
    const history = historyPathOf(publish, services);
    const presence = presencePathOf(publish, services, rooms);
    return {
      ...(history !== undefined && { [prefix + history]: { get: historyOperation(place) } }),
      ...(presence !== undefined && { [prefix + presence]: { get: presenceOperation(place) } }),
    };
  }
}

function pushPart(prefix: string, publish: PublishSettings, settings: RoomsSettings): Part {
  const rooms = isConfigured(settings) ? settings : undefined;
  const push = (options: PushOptions): Operation => pushOperation(options, publish);
  return {
    tag: TAG,
    paths: {
      [prefix + publish.path]: { post: push(PUBLISH) },
      ...(rooms && { [prefix + publish.triggerPath]: { post: push(TRIGGER) } }),
      ...clientPaths(prefix, publish, { tag: TAG.name, security: SECURITY }),
    },
    components: {
      schemas: {
        Refusal: objectOf({ status: { const: 'error' }, error: { type: 'string' } }),
        Publication: PUBLICATION,
        ...(rooms && { Trigger: triggerSchema(rooms) }),
      },
      responses: {
        Refused: { description: 'Why it was not taken.', content: jsonContent(schemaAt('Refusal')) },
      },
      securitySchemes: {
        [API_KEY]: { type: 'http', scheme: 'bearer', description: 'An API key (`publish.apiKeys`).' },
      },
    },
  };
}

/** The body of a trigger. */
export function triggerSchema({ maxRoomsPerTrigger: maxItems, history }: RoomsSettings): Schema {
  return {
    type: 'object',
    properties: {
      rooms: { type: 'array', items: { type: 'object' }, maxItems, description: 'The rooms.' },
      data: { description: 'What clients in these rooms get; any JSON.' },
      exclude: { type: ['string', 'null'], description: 'The id of a connection that does not get it.' },
      ...(history && { idempotency_key: IDEMPOTENCY_KEY }),
    },
    required: ['rooms', 'data'],
  };
}

const PLACE = {
  position: { type: 'string', description: 'Its place in the history, where one is kept.' },
  repeated: { const: true, description: 'It had been taken before.' },
} as const satisfies Record<string, Schema>;

const PUBLISHED: Schema = { type: 'object', properties: { status: OK, ...PLACE }, required: ['status'] };

const TRIGGERED: Schema = {
  type: 'object',
  properties: {
    status: OK,
    reached: { type: 'integer', description: 'Subscriptions of this node.' },
    ...PLACE,
  },
  required: ['status', 'reached'],
};

const KEY: ParameterObject = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Of the only item: another one with the same key is this one, where a history is kept.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

interface PushOptions {
  readonly operationId: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly taken: Schema;
  readonly header?: ParameterObject;
  readonly example: unknown;
}

const PUBLISH: PushOptions = {
  operationId: 'publish',
  summary: 'Publishes to the subscribers of topics.',
  schema: schemaAt('Publication'),
  taken: PUBLISHED,
  header: KEY,
  example: { subscription: 'books.1', data: { title: 'Kokoro' } },
};

const TRIGGER: PushOptions = {
  operationId: 'trigger',
  summary: 'Triggers rooms.',
  schema: schemaAt('Trigger'),
  taken: TRIGGERED,
  header: KEY,
  example: { rooms: [{ book: 1 }], data: ANYTHING },
};

function pushOperation(options: PushOptions, { maxBatch, maxPerSecond }: PublishSettings): Operation {
  const { operationId, summary, schema, taken, header, example } = options;
  const body: Schema = { anyOf: [schema, { type: 'array', items: schema, maxItems: maxBatch }] };
  const results: Schema = { type: 'array', items: { anyOf: [taken, schemaAt('Refusal')] } };
  const refused = responseAt('Refused');
  return {
    operationId,
    tags: [TAG.name],
    summary,
    description: 'One, or a list of which each is taken or refused by itself.',
    security: SECURITY,
    ...(header && { parameters: [header] }),
    requestBody: { required: true, content: { 'application/json': { schema: body, example } } },
    responses: {
      200: {
        description: 'It was taken; of a list, what became of each.',
        content: jsonContent({ anyOf: [taken, objectOf({ results })] }),
      },
      400: refused,
      401: refused,
      403: refused,
      413: refused,
      ...(maxPerSecond > 0 && { 429: refused }),
      503: refused,
    },
  };
}
