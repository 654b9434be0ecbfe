import { jsonContent, objectOf, type Operation, responseAt, type Schema } from './open-api.js';

/** The place of the operation in a document. */
export interface HistoryPlace {
  readonly tag: string;
  readonly security: Operation['security'];
  readonly maxLimit: number;
}

const POSITION: Schema = { type: 'string', description: 'A place in the history; it is opaque.' };

const PUBLICATION: Schema = {
  type: 'object',
  properties: {
    position: POSITION,
    data: { description: 'As it was published; any JSON.' },
    published_at: { type: 'string', description: 'When it was published, if that was said.' },
  },
  required: ['position', 'data'],
};

const PART: Schema = objectOf({
  status: { const: 'ok' },
  position: { type: 'string', description: 'The position of the latest publication.' },
  complete: { type: 'boolean', description: 'Whether all that came after `since` is kept.' },
  publications: { type: 'array', items: PUBLICATION },
});

/** Reading what is kept of a topic. */
export function historyOperation({ tag, security, maxLimit }: HistoryPlace): Operation {
  const refused = responseAt('Refused');
  return {
    operationId: 'history',
    tags: [tag],
    summary: 'Reads what is kept of a topic.',
    description:
      'What came after a position, or the latest. There is more while the last one is not at the top.',
    security,
    parameters: [
      {
        name: 'subscription',
        in: 'query',
        required: true,
        description: 'The topic.',
        schema: { type: 'string' },
      },
      { name: 'since', in: 'query', description: 'A position.', schema: { type: 'string', maxLength: 64 } },
      {
        name: 'limit',
        in: 'query',
        description: 'The most publications.',
        schema: { type: 'integer', minimum: 1, maximum: maxLimit, default: Math.min(100, maxLimit) },
      },
    ],
    responses: {
      200: { description: 'A part of the history.', content: jsonContent(PART) },
      400: refused,
      401: refused,
      403: refused,
      404: refused,
      503: refused,
    },
  };
}
