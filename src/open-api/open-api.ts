import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import type { Signature } from '../procedures/signature.js';
import { JSON_TYPE } from '../protocol/media-type.js';

/** A schema of JSON Schema 2020-12, which is that of OpenAPI 3.1. */
export type Schema = Readonly<Record<string, unknown>>;

/** The schemas of a body, by media type. */
export type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;

export interface Reference {
  readonly $ref: string;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>;
  readonly content?: Content;
}

/** A parameter of an operation that is not in its body. */
export interface ParameterObject {
  readonly name: string;
  readonly in: 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Schema;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  /** The security requirements, one of which is enough. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseObject | Reference>>;
  /** Servers in place of those of the document. */
  readonly servers?: readonly { readonly url: string }[];
}

/** The operations, by path. */
export type Paths = Readonly<
  Record<string, { readonly get?: Operation; readonly post?: Operation; readonly description?: string }>
>;

export interface Components {
  readonly schemas?: Readonly<Record<string, Schema>>;
  readonly responses?: Readonly<Record<string, ResponseObject>>;
  readonly securitySchemes?: Readonly<Record<string, object>>;
}

/** A part of a document, with what it refers to. */
export interface Part {
  readonly tag: { readonly name: string; readonly description: string };
  readonly paths: Paths;
  readonly components?: Components;
}

/** Describes something that the gateway offers over HTTP. */
export interface PartSource {
  /**
   * @param place the place where it is asked for. Procedures are at their path, whatever prefix an app has.
   * @param callable the procedures that the reader may call.
   * @returns nothing when it is off.
   */
  part(place: OperatorPlace, callable: readonly Signature[]): Part | undefined;
}

/** The injection token of those, in the order of the document. */
export const PART_SOURCES = Symbol('kittiwake:open-api-parts');

/** An OpenAPI 3.1 document. (https://spec.openapis.org/oas/v3.1.1.html) */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly tags: readonly Part['tag'][];
  readonly paths: Paths;
  readonly components: Components;
}

/** No credentials are needed. */
export const OPEN: Operation['security'] = [];

export function schemaAt(name: string): Reference & Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function responseAt(name: string): Reference {
  return { $ref: `#/components/responses/${name}` };
}

export function jsonContent(schema: Schema): Content {
  return { [JSON_TYPE]: { schema } };
}

/** An object whose members are all there. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}
