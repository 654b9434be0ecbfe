import type { IncomingMessage } from 'node:http';
import { ClientSelectionError } from '../../clients/client-selection.js';
import { CONSOLE_API_PATH } from '../../config/operator-paths.js';
import { bodyOf, type BodyRequest } from '../../endpoints/body.js';
import {
  jsonAnswer,
  type OperatorAnswer,
  type OperatorEndpoint,
  type OperatorPlace,
} from '../../endpoints/operator-endpoint.js';
import { type BodyLimits, readBody } from '../../endpoints/read-body.js';
import type { Refusals } from '../../metrics/refusals.js';
import { ClientError } from '../../protocol/errors.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { BY_GATEWAY } from '../../protocol/verdict.js';
import { ChannelQueryError } from '../watch/channel-question.js';
import type { ConsoleAnswer, ConsoleEvents, ConsoleRoute } from './console-call.js';
import { type Operator, type OperatorKeys, OperatorRefused } from './operator-keys.js';

const NEEDS_FULL = 'this takes a key with full access';

/** Something that the console offers, as a request reaches it: with a key, and within limits. */
export class ConsoleEndpoint implements OperatorEndpoint {
  readonly path: string;
  readonly isPost: boolean;

  constructor(
    private readonly route: ConsoleRoute,
    private readonly keys: OperatorKeys,
    private readonly limits: BodyLimits,
    private readonly refusals: Refusals,
  ) {
    this.path = `${CONSOLE_API_PATH}/${route.name}`;
    this.isPost = route.isPost ?? false;
  }

  async answer(
    request: IncomingMessage,
    place: OperatorPlace,
    parsed?: BodyRequest,
  ): Promise<OperatorAnswer> {
    try {
      return asOperatorAnswer(await this.answerOf(request, place, parsed));
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw error;
      const { message } = error as Error;
      if (error instanceof OperatorRefused) this.tell(request, message);
      return refusal(status, message);
    }
  }

  private async answerOf(
    request: IncomingMessage,
    place: OperatorPlace,
    parsed: BodyRequest | undefined,
  ): Promise<ConsoleAnswer | ConsoleEvents> {
    const operator = this.operatorOf(request, place);
    if (this.route.access === 'full' && operator.access !== 'full')
      throw new OperatorRefused(403, NEEDS_FULL);
    const body = this.isPost ? await this.bodyOf(request, parsed) : Buffer.alloc(0);
    if (!body)
      return { status: 413, body: failure(`the body must not exceed ${this.limits.maxBytes} bytes`) };
    const query = new URLSearchParams(request.url?.split('?', 2)[1]);
    return this.route.answer({ operator, peer: request.socket.remoteAddress, query, body });
  }

  /** @throws {OperatorRefused} unless it is for anyone. */
  private operatorOf(request: IncomingMessage, place: OperatorPlace): Operator {
    try {
      return this.keys.identify(request, place);
    } catch (error) {
      if (this.route.access !== 'none' || !(error instanceof OperatorRefused)) throw error;
      if (request.headers.authorization !== undefined) this.tell(request, error.message);
      return { name: 'nobody', access: 'none', refusal: error.message };
    }
  }

  private async bodyOf(
    request: IncomingMessage,
    parsed: BodyRequest | undefined,
  ): Promise<Buffer | undefined> {
    if (!parsed || (parsed.body === undefined && !request.readableEnded))
      return readBody(request, this.limits);
    const body = bodyOf(parsed);
    return body.length > this.limits.maxBytes ? undefined : body;
  }

  private tell({ socket }: IncomingMessage, why: string): void {
    const what = `${this.path} of the console`;
    this.refusals.add(
      { peer: socket.remoteAddress },
      { kind: 'operator_refused', what, why, by: BY_GATEWAY },
    );
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof OperatorRefused) return error.status;
  if (error instanceof ClientSelectionError || error instanceof ChannelQueryError) return 400;
  return error instanceof ClientError ? 503 : undefined;
}

function asOperatorAnswer(answer: ConsoleAnswer | ConsoleEvents): OperatorAnswer {
  if ('body' in answer) return jsonAnswer(answer.status, richJsonText(answer.body));
  const headers = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status: 200, headers: { ...headers, 'X-Accel-Buffering': 'no' }, body: answer.events };
}

function refusal(status: number, error: string): OperatorAnswer {
  return jsonAnswer(
    status,
    JSON.stringify(failure(error)),
    status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {},
  );
}

function failure(error: string): object {
  return { status: 'error', error };
}
