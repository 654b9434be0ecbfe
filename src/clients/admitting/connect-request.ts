import type { ArgumentsHost } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { CallbackRequest } from '../../callbacks/callback-request.js';
import type { Handshake } from '../../protocol/handshake.js';
import { toJsonText } from '../../protocol/json/json.js';
import type { ClientEndpoint } from './before-connect.decorator.js';

/** A client that wants to connect. Guards that are made for HTTP find the members of a request that they look at. */
export class ConnectRequest extends CallbackRequest {
  constructor(
    readonly endpoint: ClientEndpoint,
    override readonly handshake: Handshake,
    signal: AbortSignal,
  ) {
    super(new Map([['endpoint', toJsonText(endpoint)]]), signal, {
      handshake,
      callback: 'beforeConnect',
    });
  }

  /** The request behind the context of a guard, an interceptor, a filter or a parameter decorator, if it is one. */
  static override of(context: ArgumentsHost): ConnectRequest | undefined {
    const request: unknown = context.getArgByIndex(0);
    return request instanceof ConnectRequest ? request : undefined;
  }

  /** See {@link Handshake}, here and below. */
  get headers(): IncomingHttpHeaders {
    return this.handshake.headers;
  }

  get url(): string {
    return this.handshake.url;
  }

  get query(): Readonly<Record<string, string>> {
    return this.handshake.query;
  }

  get address(): string | undefined {
    return this.handshake.address;
  }
}
