import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Settings } from '../config/settings.js';
import { VERSION } from '../config/version.js';
import { Metrics } from '../metrics/metrics.js';
import { allowOrigin } from '../endpoints/allowed-origin.js';
import { GatewayStatus } from './gateway-status.js';
import { openApiPage } from '../open-api/page.endpoints.js';
import { OpenApiEndpoint } from '../open-api/open-api.endpoint.js';
import {
  jsonAnswer,
  type OperatorAnswer,
  type OperatorEndpoint,
  type OperatorPlace,
} from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../endpoints/operator-paths.js';

/** The endpoints for operators that are on, wherever they are served. */
@Injectable()
export class OperatorEndpoints {
  private readonly logger = new Logger('Kittiwake');
  private readonly byPath: ReadonlyMap<string, OperatorEndpoint>;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly status: GatewayStatus,
    document: OpenApiEndpoint,
  ) {
    const { metrics: offered, procedures } = settings;
    const hasPage = procedures?.http.page ?? false;
    const endpoints = [
      ...(offered.enabled ? [{ path: OPERATOR_PATHS.metrics, answer: () => this.metricsNow() }] : []),
      { path: OPERATOR_PATHS.status, answer: () => this.statusNow() },
      ...(hasPage || (procedures?.http.openApi ?? true) ? [document] : []),
      ...(hasPage ? openApiPage() : []),
    ];
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
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<OperatorAnswer | undefined> {
    const { isForPages = false } = endpoint;
    if (isForPages && allowOrigin(this.settings.origins, request, response)) return undefined;
    if (isForPages && request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
    try {
      return await endpoint.answer(request, place);
    } catch (error) {
      this.logger.error(error);
      return { status: 500, headers: {}, body: '' };
    }
  }

  private async metricsNow(): Promise<OperatorAnswer> {
    const body = await this.metrics.text();
    return { status: 200, headers: { 'Content-Type': this.metrics.contentType }, body };
  }

  /** Of several processes the first that is not ready says how it stands. */
  private async statusNow(): Promise<OperatorAnswer> {
    const processes = await this.status.all();
    const { state } = processes.find((one) => one.state !== 'ready') ?? { state: 'ready' };
    return jsonAnswer(200, JSON.stringify({ version: VERSION, state, processes }));
  }
}
