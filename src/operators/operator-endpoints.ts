import { Inject, Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stackOf } from '../base/message-of.js';
import type { BodyRequest } from '../endpoints/body.js';
import { AllowedOrigins } from '../endpoints/allowed-origins.js';
import type { OperatorAnswer, OperatorEndpoint, OperatorPlace } from '../endpoints/operator-endpoint.js';

/** The injection token of the endpoints for operators that are on. */
export const OPERATOR_ENDPOINTS = Symbol('kittiwake:operator-endpoints');

/** A request of an operator, with what the app has read of it, and its response. */
export interface OperatorExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parsed?: BodyRequest;
}

/** The endpoints for operators that are on, wherever they are served. */
@Injectable()
export class OperatorEndpoints {
  private readonly logger = new Logger('Kittiwake');
  private readonly byPath: ReadonlyMap<string, OperatorEndpoint>;

  constructor(
    @Inject(OPERATOR_ENDPOINTS) endpoints: readonly OperatorEndpoint[],
    private readonly origins: AllowedOrigins,
  ) {
    this.byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
  }

  get paths(): string[] {
    return [...this.byPath.keys()];
  }

  find(path: string): OperatorEndpoint | undefined {
    return this.byPath.get(path);
  }

  /** Answers a request; an error becomes a 500. @returns undefined for a CORS preflight that has been answered here. */
  async answer(
    endpoint: OperatorEndpoint,
    place: OperatorPlace,
    { request, response, parsed }: OperatorExchange,
  ): Promise<OperatorAnswer | undefined> {
    const { isForPages = false, isPost = false } = endpoint;
    if (isPost && request.method !== 'POST') return { status: 405, headers: { Allow: 'POST' }, body: '' };
    if (isForPages && this.origins.allow(request, response)) return undefined;
    if (isForPages && request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
    try {
      return await endpoint.answer(request, place, parsed);
    } catch (error) {
      this.logger.error(stackOf(error));
      return { status: 500, headers: {}, body: '' };
    }
  }
}
