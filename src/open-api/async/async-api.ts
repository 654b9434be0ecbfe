import type { Reference, Schema } from '../open-api.js';

/** A frame, as it goes over a WebSocket. Its schema is of JSON Schema draft 7, as AsyncAPI 3.0 has it. */
export interface Message {
  readonly title: string;
  readonly summary: string;
  readonly payload: Schema;
  readonly contentType?: string;
  readonly examples?: readonly { readonly payload: unknown }[];
}

/** The sender of a message: a client, or the gateway. */
export interface Exchange {
  readonly from: 'client' | 'gateway';
  readonly summary: string;
  readonly message: string;
  /** The messages that answer it. */
  readonly replies?: readonly string[];
}

/** One endpoint for clients, and all that goes over it. */
export interface ChannelPart {
  /** Its name in the document. */
  readonly name: string;
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly messages: Readonly<Record<string, Message>>;
  readonly exchanges: Readonly<Record<string, Exchange>>;
  readonly schemas?: Readonly<Record<string, Schema>>;
}

export interface ApiChannel {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly parameters?: ChannelPart['parameters'];
  readonly messages: Readonly<Record<string, Reference>>;
  readonly bindings: object;
  /** Why the gateway closes connections. */
  readonly 'x-close-codes': readonly object[];
}

export interface AsyncOperation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
}

/** An AsyncAPI 3.0 document. (https://www.asyncapi.com/docs/reference/specification/v3.0.0) */
export interface AsyncApiDocument {
  readonly asyncapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: string;
  readonly servers?: Readonly<Record<string, { readonly host: string; readonly protocol: string }>>;
  readonly channels: Readonly<Record<string, ApiChannel>>;
  readonly operations: Readonly<Record<string, AsyncOperation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

export const TEXT: Schema = { type: 'string' };
export const ANYTHING: Schema = {};
export const POSITION: Schema = { type: 'string', maxLength: 64 };

/** An object with members that are there, and some that may be; others may be, too. */
export function frameOf(
  members: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return { type: 'object', properties: { ...members, ...optional }, required: Object.keys(members) };
}

/** A name of the document for one that anybody has chosen, such as that of a service: letters, digits, `_` and `-`. */
export function keyOf(name: string): string {
  return name.replaceAll(/[^\w-]/g, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
}
