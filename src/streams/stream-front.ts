import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint } from '../connection/endpoint/endpoint.js';
import { Endpoints } from '../connection/endpoint/endpoints.js';
import { AllowedOrigins, type PageRights } from '../endpoints/allowed-origins.js';
import { RequestCutOff } from '../endpoints/read-body.js';
import { inTurn } from '../endpoints/in-turn.js';
import { LogLine } from '../metrics/log-line.js';
import { SessionRequests } from './session-requests.js';
import { answerFault, STREAM_FAULTS, type StreamFault } from './stream-answers.js';

/** Cookies come along, as with a handshake: they may say who the client is. */
const RIGHTS: PageRights = { methods: 'POST, DELETE', withCredentials: true };

/** The target of a request. */
interface Place {
  readonly endpoint: Endpoint;
  /** Absent where a session is asked for. */
  readonly session: string | undefined;
}

/** The requests of clients that connect over plain HTTP, on the port of the app. */
@Injectable()
export class StreamFront {
  private readonly logger = new Logger('Connections');
  private readonly endpoints: readonly Endpoint[];

  constructor(
    endpoints: Endpoints,
    private readonly origins: AllowedOrigins,
    private readonly requests: SessionRequests,
  ) {
    this.endpoints = endpoints.all.filter(({ rules }) => rules.streamPath !== undefined);
  }

  /** Whether there is anything that it answers. */
  get isNeeded(): boolean {
    return this.endpoints.length > 0;
  }

  /** @returns whether it answers the request; all others are for somebody else. */
  takes(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const place = this.placeOf(path);
    if (place) inTurn(request, response, () => void this.answer(request, response, place));
    return place !== undefined;
  }

  private placeOf(path: string): Place | undefined {
    for (const endpoint of this.endpoints) {
      const base = endpoint.rules.streamPath!;
      if (path === base) return { endpoint, session: undefined };
      if (path.startsWith(`${base}/`)) return { endpoint, session: path.slice(base.length + 1) };
    }
    return undefined;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
    response.setHeader('Cache-Control', 'no-store, no-transform');
    if (this.origins.allow(request, response, RIGHTS)) return;
    try {
      const fault = await this.handle(request, response, place);
      if (fault) answerFault(response, fault);
    } catch (error) {
      response.destroy();
      if (!(error instanceof RequestCutOff))
        this.logger.error(LogLine.fault({ peer: request.socket.remoteAddress }, error));
    }
  }

  /** @returns why it is not done. The origin of those that ask for a session is looked at by the entrance. */
  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
    { endpoint, session }: Place,
  ): Promise<StreamFault | undefined> {
    const query = new URLSearchParams(request.url?.split('?', 2)[1]);
    const isPost = request.method === 'POST';
    if (session === undefined)
      return isPost ? this.requests.open(endpoint, request, response, query) : STREAM_FAULTS.methodNotAllowed;
    if (!this.origins.has(request)) return STREAM_FAULTS.originNotAllowed;
    if (request.method === 'DELETE') return this.requests.end(session, response);
    if (!isPost) return STREAM_FAULTS.methodNotAllowed;
    return query.has('wait')
      ? this.requests.poll(session, request, response, query)
      : this.requests.send(session, request, response, query);
  }
}
