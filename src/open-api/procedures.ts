import { Injectable } from '@nestjs/common';
import { isConfigured } from '../config/configured.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import type { Access, Signature } from '../procedures/signature.js';
import { JSON_TYPE } from '../protocol/media-type.js';
import { BearerTokens } from '../rpc/bearer-tokens.js';
import { argumentsSchema, BYTES, needsArguments, schemaOf } from './arguments.js';
import { DOCUMENTED_FAILURES, FAILURE_SCHEMAS } from './failures.js';
import {
  OPEN,
  type Content,
  type Operation,
  type Part,
  type PartSource,
  responseAt,
  type Schema,
  schemaAt,
} from './open-api.js';

const TAG = {
  name: 'Procedures',
  description:
    'What this caller may call. By GET as well, then without arguments. Accept: application/x-ndjson asks for results as lines of JSON, text/event-stream for events, application/x-msgpack for MessagePack.',
};

const SERVICE_SECRET = 'serviceSecret';
const TOKEN = 'token';

const MESSAGE_PACK_TYPE = 'application/x-msgpack';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const BODY_TYPES = [JSON_TYPE, FORM_TYPE, MESSAGE_PACK_TYPE];
const RESULT_TYPES = [JSON_TYPE, MESSAGE_PACK_TYPE];
const STREAM_TYPES = ['application/x-ndjson', JSON_TYPE, MESSAGE_PACK_TYPE];

/** Procedures, as callers over HTTP see them. */
@Injectable()
export class ProceduresPart implements PartSource {
  constructor(
    private readonly settings: ProceduresSettings,
    private readonly tokens: BearerTokens,
  ) {}

  part(_place: OperatorPlace, callable: readonly Signature[]): Part | undefined {
    return this.areOffered ? proceduresPart(this.settings, callable, this.tokens.areConfigured) : undefined;
  }

  /** The security requirements for reading the document, which lists what the reader may call. */
  get security(): Operation['security'] {
    return this.areOffered ? callSecurity('public', this.tokens.areConfigured) : OPEN;
  }

  private get areOffered(): boolean {
    return isConfigured(this.settings) && this.settings.http.enabled;
  }
}

function proceduresPart(
  { path }: ProceduresSettings,
  procedures: readonly Signature[],
  takesTokens: boolean,
): Part {
  const schemas = procedures.flatMap((signature) => {
    const schema = argumentsSchema(signature);
    return schema ? [[argumentsName(signature), schema] as const] : [];
  });
  return {
    tag: TAG,
    paths: Object.fromEntries(
      procedures.map((signature) => [
        `${path}/${signature.name}`,
        { post: callOperation(signature, takesTokens) },
      ]),
    ),
    components: {
      schemas: { Bytes: BYTES, ...FAILURE_SCHEMAS, ...Object.fromEntries(schemas) },
      responses: Object.fromEntries(DOCUMENTED_FAILURES.map(({ name, response }) => [name, response])),
      securitySchemes: {
        [SERVICE_SECRET]: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Service-Secret',
          description: 'The service secret (`procedures.secret`). It may be in any header.',
        },
        ...(takesTokens && {
          [TOKEN]: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An identity.' },
        }),
      },
    },
  };
}

/** The security requirements of a call, by the access of the procedure; one of them is enough. */
function callSecurity(access: Access, takesTokens: boolean): Operation['security'] {
  return [
    ...(access === 'public' ? [{}] : []),
    { [SERVICE_SECRET]: [] },
    ...(takesTokens && access !== 'service' ? [{ [TOKEN]: [] }] : []),
  ];
}

function callOperation(signature: Signature, takesTokens: boolean): Operation {
  const { name, access } = signature;
  const schema = argumentsSchema(signature) && schemaAt(argumentsName(signature));
  const failures = DOCUMENTED_FAILURES.filter(({ status }) => takesTokens || status !== 401);
  return {
    operationId: `call.${name}`,
    tags: [TAG.name],
    ...wordsOf(signature),
    security: callSecurity(access, takesTokens),
    ...(schema && {
      requestBody: { required: needsArguments(signature), content: contentOf(BODY_TYPES, schema) },
    }),
    responses: {
      200: resultOf(signature),
      ...Object.fromEntries(failures.map(({ name, status }) => [status, responseAt(name)])),
    },
  };
}

/** The summary is the first line; after a paragraph that shows the call on the command line, it is the next one. */
function wordsOf({ name, description = '' }: Signature): Pick<Operation, 'summary' | 'description'> {
  const [first = '', ...more] = description.trim().split(/\n\s*\n/);
  if (first.startsWith(`/${name}`)) {
    const [does = name, ...others] = more;
    return { summary: does.replaceAll(/\s+/g, ' '), description: [first, ...others].join('\n\n') };
  }
  const [summary, ...lines] = first.split('\n');
  const rest = [lines.join('\n'), ...more].filter((text) => text !== '').join('\n\n');
  return { summary: summary || name, ...(rest !== '' && { description: rest }) };
}

function resultOf({ isStream, isRaw, returns }: Signature): { description: string; content: Content } {
  if (isRaw) return { description: 'What the procedure itself writes.', content: { '*/*': {} } };
  const type = returns === undefined ? '' : ` Each is: ${returns}.`;
  const schema = schemaOf(returns);
  if (isStream) {
    const events = { 'text/event-stream': { schema: { type: 'string' } } };
    return {
      description: `Results as they come, each a line, a MessagePack value or an event.${type}`,
      content: { ...contentOf(STREAM_TYPES, schema), ...events },
    };
  }
  return {
    description: returns === undefined ? 'The result.' : `The result: ${returns}.`,
    content: contentOf(RESULT_TYPES, schema),
  };
}

function contentOf(mediaTypes: readonly string[], schema: Schema): Content {
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema }]));
}

/** The prefix keeps apart procedures and schemas of the same name. */
function argumentsName({ name }: Signature): string {
  return `arguments.${name}`;
}
