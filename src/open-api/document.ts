import type { Settings } from '../config/settings.js';
import { VERSION } from '../config/version.js';
import type { Signature } from '../procedures/signature.js';
import { type Components, type OpenApiDocument, OPEN, type Part } from './open-api.js';
import { callSecurity, proceduresPart } from './procedures.js';
import { pushPart } from './push.js';
import { watchPart } from './watch.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';

const INFO = {
  title: 'Kittiwake',
  version: VERSION,
  description: 'The HTTP side of this gateway, as the caller may use it.',
};

/**
 * Describes what the gateway offers over HTTP.
 * @param place where it is asked. Procedures are at their path, whatever prefix an app has.
 * @param procedures those that whoever reads it may call.
 */
export function openApiDocument(
  place: OperatorPlace,
  settings: Settings,
  procedures: readonly Signature[],
): OpenApiDocument {
  const { auth, publish, rooms } = settings;
  const takesTokens = auth.jwt !== undefined;
  const calls = settings.procedures?.http.enabled ? settings.procedures : undefined;
  const parts = [
    calls && proceduresPart(calls, procedures, takesTokens),
    pushPart(place.prefix, publish, rooms),
    watchPart(place, settings, calls ? callSecurity('public', takesTokens) : OPEN),
  ].filter((part) => part !== undefined);
  return {
    openapi: '3.1.1',
    info: INFO,
    ...(place.mainUrl !== undefined && { servers: [{ url: place.mainUrl }] }),
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
