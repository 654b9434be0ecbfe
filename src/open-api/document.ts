import { VERSION } from '../config/version.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import type { Signature } from '../procedures/signature.js';
import type { Components, OpenApiDocument, Part, PartSource } from './open-api.js';

const INFO = {
  title: 'Kittiwake',
  version: VERSION,
  description: 'The HTTP side of this gateway, as the caller may use it.',
};

/** Describes what the gateway offers over HTTP. For the parameters see {@link PartSource}. */
export function openApiDocument(
  sources: readonly PartSource[],
  place: OperatorPlace,
  callable: readonly Signature[],
): OpenApiDocument {
  const parts = sources.map((source) => source.part(place, callable)).filter((part) => part !== undefined);
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
