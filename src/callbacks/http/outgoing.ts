import { CallbackError } from '../../protocol/errors.js';
import type { TraceSpan } from '../../tracing/trace-span.js';
import type { Tracing } from '../../tracing/tracing.js';
import { type CallbackUrl, parseCallbackUrl } from './callback-url.js';
import type { Seal, Stamp } from './seal.js';

/** A request on its way to the app. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: CallbackUrl;
  /** By lower-case name; for the origin of the URL only. */
  readonly headers: Readonly<Record<string, string>>;
  /** More of them, made for each try. */
  readonly stamp?: Stamp | undefined;
  /** Begins the span of each try. */
  readonly begin?: (() => TraceSpan | undefined) | undefined;
  /** JSON; absent for none. */
  readonly body?: string;
  /** Whether it may be sent again at once after a lost connection, though the app may have taken it. */
  readonly isRepeatable?: boolean;
}

/** The content of a request, and its subject. */
interface About {
  readonly body?: string;
  /** See `CallOptions.id`. */
  readonly id?: string | undefined;
  readonly service?: string | undefined;
}

/** Makes requests to the app. */
export class OutgoingRequests {
  constructor(
    private readonly seal: Seal | undefined,
    private readonly tracing: Tracing,
  ) {}

  /** As {@link outgoing}, with all that each try has of its own. */
  make(
    method: OutgoingRequest['method'],
    text: string,
    headers: Readonly<Record<string, string>> | undefined,
    { body, id, service }: About,
  ): OutgoingRequest {
    const request = outgoing(method, text, headers, body);
    const stamp = this.seal?.stamp(id, body);
    return this.tracing.isOn
      ? { ...request, stamp, begin: this.tries(request, service) }
      : { ...request, stamp };
  }

  /** Names and attributes are those of OpenTelemetry's semantic conventions for clients of HTTP. */
  private tries({ method, url }: OutgoingRequest, service: string | undefined): OutgoingRequest['begin'] {
    const [path = ''] = url.path.split('?', 1);
    const { hostname, port, protocol } = new URL(url.href);
    const attributes = {
      'http.request.method': method,
      'url.full': url.scrubbed,
      'url.template': path,
      'server.address': url.socketPath ?? hostname,
      ...(url.socketPath === undefined && { 'server.port': Number(port) || USUAL_PORTS[protocol] }),
      'kittiwake.service': service,
    };
    let count = 0;
    return () =>
      this.tracing.begin(`${method} ${path}`, 'client', () => ({
        ...attributes,
        ...(count++ > 0 && { 'http.request.resend_count': count - 1 }),
      }));
  }
}

const USUAL_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Makes a request to the app. A header `Authorization` has precedence over user and password of the URL.
 * @throws {CallbackError} when the URL is not one of a server.
 */
export function outgoing(
  method: OutgoingRequest['method'],
  text: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): OutgoingRequest {
  const url = parseCallbackUrl(text);
  if (!url)
    throw new CallbackError('the URL of a callback must begin with http://, https:// or http+unix://');
  const named = new Map(url.authorization === undefined ? [] : [['authorization', url.authorization]]);
  for (const [name, value] of Object.entries(headers)) named.set(name.toLowerCase(), value);
  return {
    method,
    url,
    headers: Object.fromEntries(named),
    isRepeatable: method === 'GET',
    ...(body !== undefined && { body }),
  };
}
