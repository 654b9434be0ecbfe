import {
  jsonContent,
  objectOf,
  type Operation,
  type ParameterObject,
  responseAt,
  type Schema,
} from './open-api.js';

/** The place of the operation in a document. */
export interface PresenceOperationPlace {
  readonly tag: string;
  readonly security: Operation['security'];
  readonly maxLimit: number;
}

const COUNT: Schema = { type: 'integer', description: 'How many are present.' };

const MEMBER: Schema = {
  type: 'object',
  properties: {
    key: { type: ['string', 'number'], description: 'Who it is.' },
    info: { type: 'object', description: 'What the app shows of it.' },
  },
  required: ['key'],
};

const PRESENCE: Schema = {
  type: 'object',
  properties: {
    status: { const: 'ok' },
    count: COUNT,
    members: { type: 'array', items: MEMBER, description: 'Absent when they are more than the limit.' },
  },
  required: ['status', 'count'],
};

const PRESENCES: Schema = objectOf({
  status: { const: 'ok' },
  presences: {
    type: 'array',
    items: {
      type: 'object',
      properties: { subscription: { type: 'string' }, room: { type: 'object' }, count: COUNT },
      required: ['count'],
    },
  },
});

/** Asking who is present. */
export function presenceOperation({ tag, security, maxLimit }: PresenceOperationPlace): Operation {
  const refused = responseAt('Refused');
  const each = (name: string, description: string): ParameterObject => ({
    name,
    in: 'query',
    description,
    schema: { type: 'array', items: { type: 'string' } },
  });
  return {
    operationId: 'presence',
    tags: [tag],
    summary: 'Says who is present.',
    description: 'Who is present in one topic or room; how many are in each of several, in their order.',
    security,
    parameters: [
      each('subscription', 'A topic; given several times, several.'),
      each('room', 'A room as JSON; given several times, several.'),
      {
        name: 'limit',
        in: 'query',
        description: 'The most members that are given one by one.',
        schema: { type: 'integer', minimum: 0, maximum: maxLimit },
      },
    ],
    responses: {
      200: {
        description: 'Who is present, or how many.',
        content: jsonContent({ oneOf: [PRESENCE, PRESENCES] }),
      },
      400: refused,
      401: refused,
      403: refused,
      404: refused,
      503: refused,
    },
  };
}
