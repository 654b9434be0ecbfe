import { HttpStatus, Injectable } from '@nestjs/common';
import type { BodyRequest } from '../endpoints/body.js';
import { type HttpReply, Replies } from '../endpoints/replies.js';
import { Refusals } from '../metrics/refusals.js';
import type { KeyOperation } from '../config/sections/api-key.settings.js';
import { Tracing } from '../tracing/tracing.js';
import type { ApiKey } from './api-key.js';
import { ApiKeys, KEY_REQUIRED } from './api-keys.js';
import { pushRefusal } from './push-refusals.js';

/** A request of a service. */
export interface PushRequest extends BodyRequest {
  readonly url: string;
  readonly headers: {
    readonly authorization?: string;
    readonly 'idempotency-key'?: string;
    readonly traceparent?: string;
    readonly tracestate?: string;
  };
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

const NO_KEY: HttpReply = { status: HttpStatus.UNAUTHORIZED, body: KEY_REQUIRED };

/** Answers requests with which services push: those with one of the API keys, `Authorization: Bearer <key>`. */
@Injectable()
export class Pushes {
  constructor(
    private readonly keys: ApiKeys,
    private readonly replies: Replies,
    private readonly refusals: Refusals,
    private readonly tracing: Tracing,
  ) {}

  /** @param take makes the answer. Without a valid key, 401 is answered instead; 403 if the key is not for this. */
  async answer(
    request: PushRequest,
    response: unknown,
    operation: KeyOperation,
    take: (request: BodyRequest, key: ApiKey) => HttpReply | Promise<HttpReply>,
  ): Promise<void> {
    const key = this.keys.find(request.headers.authorization);
    const answer = key
      ? (key.refusal(operation) ?? (await this.taken(() => take(request, key), request)))
      : NO_KEY;
    const refusal = pushRefusal(answer);
    if (refusal) this.refusals.add({ peer: request.socket?.remoteAddress }, refusal);
    this.replies.send(response, answer);
  }
  private taken<Reply>(take: () => Reply, { headers: { traceparent, tracestate } }: PushRequest): Reply {
    return this.tracing.within({ traceparent, tracestate }, take);
  }
}
