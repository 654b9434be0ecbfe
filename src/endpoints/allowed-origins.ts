import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONNECTION_SETTINGS, type ConnectionSettings } from '../connection/connection.settings.js';
import { isOriginAllowed } from '../connection/entrance/origin.js';

const MAX_AGE_S = 600;

/** The rights of pages of the allowed origins. */
export interface PageRights {
  readonly methods: string;
  /** Whether requests may come with cookies: not from any page, where any origin is allowed. */
  readonly withCredentials: boolean;
}

const TO_READ: PageRights = { methods: 'GET, POST', withCredentials: false };

/** The origins that may connect: their pages may read answers as well. (CORS, https://fetch.spec.whatwg.org) */
@Injectable()
export class AllowedOrigins {
  constructor(@Inject(CONNECTION_SETTINGS) private readonly settings: Pick<ConnectionSettings, 'origins'>) {}

  /** Whether a request comes from a page of these origins, or from no page. */
  has({ headers: { origin, host } }: IncomingMessage): boolean {
    return isOriginAllowed(origin, host, this.settings.origins);
  }

  /**
   * Lets pages of these origins read the answer; of no others.
   * @returns whether the request only asked for that, and has been answered.
   */
  allow(request: IncomingMessage, response: ServerResponse, rights = TO_READ): boolean {
    const { method, headers } = request;
    const { origin } = headers;
    if (origin === undefined) return false;
    response.setHeader('Vary', 'Origin');
    if (!this.has(request)) return false;
    response.setHeader('Access-Control-Allow-Origin', origin);
    if (rights.withCredentials && !this.settings.origins.includes('*'))
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    const { 'access-control-request-method': asked, 'access-control-request-headers': names } = headers;
    if (method !== 'OPTIONS' || asked === undefined) return false;
    response.writeHead(204, {
      'Access-Control-Allow-Methods': rights.methods,
      ...(names !== undefined && { 'Access-Control-Allow-Headers': names }),
      'Access-Control-Max-Age': `${MAX_AGE_S}`,
    });
    response.end();
    return true;
  }
}
