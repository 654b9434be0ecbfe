import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject, JsonError } from '../../protocol/json/json.js';
import { parseRichJson, richJsonText } from '../../protocol/json/rich-json.js';
import { JSON_TYPE, mediaTypeOf } from '../../protocol/media-type.js';
import { CallFailure } from '../call-failure.js';
import type { RpcAddress } from './gateway-address.js';
import { type CallArguments, type CallResult, type GatewayClient, NO_ARGUMENTS } from './gateway-client.js';
import { GatewayHttp } from './gateway-http.js';
import { lines } from './lines.js';

/** Calls procedures of a running gateway over HTTP. */
export class RpcGatewayClient implements GatewayClient {
  private readonly http: GatewayHttp;

  constructor(private readonly address: RpcAddress) {
    this.http = new GatewayHttp(address);
  }

  get isLocal(): boolean {
    return this.address.socketPath !== undefined;
  }

  async *call(
    name: string,
    { positional, named }: CallArguments = NO_ARGUMENTS,
  ): AsyncGenerator<CallResult, void, void> {
    const { prefix, secret } = this.address;
    const body = richJsonText({ ...named, ...(positional.length > 0 && { _args: positional }) });
    const response = await this.http.ask(`${prefix}/${encodeURIComponent(name)}`, body, secret);
    try {
      const { statusCode: status = 0 } = response;
      if (status >= 300) throw new CallFailure(name, status, await errorBody(response));
      yield* resultsOf(name, response);
    } catch (error) {
      throw this.http.failure(error);
    }
  }

  close(): void {
    this.http.close();
  }
}

function typeOf({ headers }: IncomingMessage): string {
  return mediaTypeOf(headers['content-type']);
}

/** Nothing for a body that is neither JSON nor plain text: it is of no use on a terminal. */
async function errorBody(response: IncomingMessage): Promise<unknown> {
  const body = await text(response);
  if (typeOf(response) === 'text/plain') return body;
  return typeOf(response) === JSON_TYPE ? (valueIn(body)?.value ?? body) : undefined;
}

async function* resultsOf(name: string, response: IncomingMessage): AsyncGenerator<CallResult, void, void> {
  if (typeOf(response) !== JSON_TYPE)
    for await (const bytes of response as AsyncIterable<Uint8Array>) yield { bytes };
  else if ('content-length' in response.headers) yield whole(name, await text(response));
  else yield* stream(name, response);
}

function whole(name: string, body: string): CallResult {
  const result = valueIn(body);
  if (result && isError(result.value)) throw new CallFailure(name, 200, result.value);
  return result ?? { bytes: Buffer.from(body) };
}

/**
 * Each line is a result; one that looks like an error is one if nothing follows it, as the gateway breaks off a stream
 * that has failed.
 */
async function* stream(
  name: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<CallResult, void, void> {
  let suspect: { readonly value: unknown } | undefined;
  try {
    for await (const line of lines(body)) {
      if (suspect) yield suspect;
      const result = valueIn(line) ?? { bytes: Buffer.from(`${line}\n`) };
      suspect = 'value' in result && isError(result.value) ? result : undefined;
      if (!suspect) yield result;
    }
  } catch (error) {
    throw suspect ? new CallFailure(name, 200, suspect.value) : error;
  }
  if (suspect) throw new CallFailure(name, 200, suspect.value);
}

function isError(value: unknown): boolean {
  return isObject(value) && 'error' in value;
}

/** Nothing for invalid JSON: a procedure may give any text that type. */
function valueIn(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseRichJson(json) };
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
