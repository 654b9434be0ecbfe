import { Injectable } from '@nestjs/common';
import { isConfigured } from '../config/configured.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import {
  jsonContent,
  objectOf,
  type Operation,
  type Part,
  type PartSource,
  responseAt,
  type Schema,
  schemaAt,
} from './open-api.js';

const TAG = { name: 'Services', description: 'What services push to clients. They need an API key.' };
const API_KEY = 'apiKey';

const ANYTHING: Schema = {};
const OK: Schema = { const: 'ok' };

const PUBLICATION: Schema = {
  type: 'object',
  description: 'Members that are not listed here are there to be filtered by.',
  properties: {
    subscription: { type: 'string', description: 'The topic.' },
    data: { description: 'What subscribers get; any JSON.' },
    published_at: { type: 'string', format: 'date-time', description: 'When it was published.' },
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
  ) {}

  part({ prefix }: OperatorPlace): Part | undefined {
    return this.publish.enabled ? pushPart(prefix, this.publish, this.rooms) : undefined;
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

function triggerSchema({ maxRoomsPerTrigger: maxItems }: RoomsSettings): Schema {
  return {
    type: 'object',
    properties: {
      rooms: { type: 'array', items: { type: 'object' }, maxItems, description: 'The rooms.' },
      data: { description: 'What clients in these rooms get; any JSON.' },
      exclude: { type: ['string', 'null'], description: 'The id of a connection that does not get it.' },
    },
    required: ['rooms', 'data'],
  };
}

interface PushOptions {
  readonly operationId: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly taken: Schema;
  readonly example: unknown;
}

const PUBLISH: PushOptions = {
  operationId: 'publish',
  summary: 'Publishes to the subscribers of topics.',
  schema: schemaAt('Publication'),
  taken: objectOf({ status: OK }),
  example: { subscription: 'books.1', data: { title: 'Kokoro' } },
};

const TRIGGER: PushOptions = {
  operationId: 'trigger',
  summary: 'Triggers rooms.',
  schema: schemaAt('Trigger'),
  taken: objectOf({ status: OK, reached: { type: 'integer', description: 'Subscriptions of this node.' } }),
  example: { rooms: [{ book: 1 }], data: ANYTHING },
};

function pushOperation(options: PushOptions, { maxBatch, maxPerSecond }: PublishSettings): Operation {
  const { operationId, summary, schema, taken, example } = options;
  const body: Schema = { anyOf: [schema, { type: 'array', items: schema, maxItems: maxBatch }] };
  const results: Schema = { type: 'array', items: { anyOf: [taken, schemaAt('Refusal')] } };
  const refused = responseAt('Refused');
  return {
    operationId,
    tags: [TAG.name],
    summary,
    description: 'One, or a list of which each is taken or refused by itself.',
    security: [{ [API_KEY]: [] }],
    requestBody: { required: true, content: { 'application/json': { schema: body, example } } },
    responses: {
      200: {
        description: 'It was taken; of a list, what became of each.',
        content: jsonContent({ anyOf: [taken, objectOf({ results })] }),
      },
      400: refused,
      401: refused,
      413: refused,
      ...(maxPerSecond > 0 && { 429: refused }),
      503: refused,
    },
  };
}
