import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import type { Signature } from '../procedures/signature.js';
import { type Components, type OpenApiDocument, OPEN, type Part } from './open-api.js';
import { callSecurity, proceduresPart } from './open-api-procedures.js';
import { pushPart } from './open-api-push.js';
import { watchPart } from './open-api-watch.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const INFO = {
  title: 'Kittiwake',
  version,
  description: 'The HTTP side of this gateway, as the caller may use it.',
};

/**
 * Describes what the gateway offers over HTTP.
 * @param prefix what stands before the paths of its own endpoints in an app that has a prefix; procedures have none.
 * @param procedures those that whoever reads it may call.
 */
export function openApiDocument(
  prefix: string,
  settings: Settings,
  procedures: readonly Signature[],
): OpenApiDocument {
  const { auth, metrics, publish, rooms } = settings;
  const takesTokens = auth.jwt !== undefined;
  const calls = settings.procedures?.http.enabled ? settings.procedures : undefined;
  const parts = [
    calls && proceduresPart(calls, procedures, takesTokens),
    pushPart(prefix, publish, rooms),
    watchPart(prefix, metrics, calls ? callSecurity('public', takesTokens) : OPEN),
  ].filter((part) => part !== undefined);
  return {
    openapi: '3.1.1',
    info: INFO,
    tags: parts.map(({ tag }) => tag),
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as OpenApiDocument['paths'],
    components: {
      ...merged(parts, 'schemas'),
      ...merged(parts, 'responses'),
      ...merged(parts, 'securitySchemes'),
    },
  };
}

function merged(parts: readonly Part[], kind: keyof Components): Components {
  const all: object = Object.assign({}, ...parts.map(({ components }) => components?.[kind]));
  return Object.keys(all).length === 0 ? {} : { [kind]: all };
}
