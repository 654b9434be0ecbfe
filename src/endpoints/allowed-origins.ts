import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONNECTION_SETTINGS, type ConnectionSettings } from '../connection/connection.settings.js';
import { isOriginAllowed } from '../connection/entrance/origin.js';

const MAX_AGE_S = 600;

/** The origins that may connect: their pages may read answers as well. (CORS, https://fetch.spec.whatwg.org) */
@Injectable()
export class AllowedOrigins {
  constructor(@Inject(CONNECTION_SETTINGS) private readonly settings: Pick<ConnectionSettings, 'origins'>) {}

  /**
   * Lets pages of these origins read the answer; of no others.
   * @returns whether the request only asked for that, and has been answered.
   */
  allow({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return false;
    response.setHeader('Vary', 'Origin');
    if (!isOriginAllowed(origin, host, this.settings.origins)) return false;
    response.setHeader('Access-Control-Allow-Origin', origin);
    const { 'access-control-request-method': asked, 'access-control-request-headers': names } = headers;
    if (method !== 'OPTIONS' || asked === undefined) return false;
    response.writeHead(204, {
      'Access-Control-Allow-Methods': 'GET, POST',
      ...(names !== undefined && { 'Access-Control-Allow-Headers': names }),
      'Access-Control-Max-Age': `${MAX_AGE_S}`,
    });
    response.end();
    return true;
  }
}
