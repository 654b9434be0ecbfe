import { jsonContent, objectOf, type ResponseObject, type Schema, schemaAt } from './open-api.js';

/** A way in which a call can fail. */
export interface DocumentedFailure {
  readonly name: string;
  readonly status: number;
  readonly response: ResponseObject;
}

const ERROR: Schema = {
  type: 'object',
  properties: {
    error: { description: 'What is wrong: a text, or what the procedure says.' },
    traceback: { type: 'string', description: 'Where in the code, for development.' },
  },
  required: ['error'],
};

const NEEDED_VARIABLE = objectOf({
  name: { type: 'string' },
  type: { type: ['string', 'null'] },
  default: {},
  comment: { type: ['string', 'null'] },
});

const INFO_NEEDED = objectOf({
  error: {},
  resource: { description: 'What it is needed for; `false` when that is not said.' },
  needed_vars: { type: 'array', items: NEEDED_VARIABLE },
});

/** The schemas that these responses refer to. */
export const FAILURE_SCHEMAS: Readonly<Record<string, Schema>> = { Error: ERROR, InfoNeeded: INFO_NEEDED };

/** The responses to a call other than its result. */
export const DOCUMENTED_FAILURES: readonly DocumentedFailure[] = [
  {
    name: 'Redirect',
    status: 302,
    response: {
      description: 'The procedure says that something else is to be asked.',
      headers: { Location: { description: 'What is to be asked.', schema: { type: 'string' } } },
      content: jsonContent(objectOf({ redirect: { type: 'string' } })),
    },
  },
  failure('Unusable', 400, 'The body cannot be read, or an argument cannot be converted.'),
  failure('Unauthorized', 401, 'The token is refused.'),
  failure('Denied', 403, 'The procedure is not for this caller, or there is none of this name.'),
  failure('NotFound', 404, 'There is no such procedure.'),
  {
    name: 'InfoNeeded',
    status: 423,
    response: {
      description: 'The procedure needs to know more: call again with the needed variables.',
      content: jsonContent(schemaAt('InfoNeeded')),
    },
  },
  failure('Failed', 500, 'The procedure failed, or arguments are missing, unknown or too many.'),
  failure('Busy', 503, 'Too many calls at a time, or the app cannot be asked: try again later.'),
  failure('TookTooLong', 504, 'The call took too long.'),
];

function failure(name: string, status: number, description: string): DocumentedFailure {
  return { name, status, response: { description, content: jsonContent(schemaAt('Error')) } };
}
