import type { Dispatcher } from 'undici';
import { withTimeLimit } from '../../base/time-limit.js';
import type { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import { isJsonType, JSON_TYPE } from '../../protocol/media-type.js';
import { isForbidden, isTransient } from '../http-status.js';
import { requestedWaitMs, type ResponseHeaders } from '../retry-wait.js';
import { membersOfAnswer } from './callback-answer.js';
import type { ConnectionPools } from './connection-pools.js';
import {
  answerTypeOf,
  AttemptError,
  BusyError,
  discard,
  exchange,
  FinalAttemptError,
  readAnswer,
} from './exchange.js';
import type { OutgoingRequest } from './outgoing.js';

/** The limits of one try. */
type AttemptSettings = Pick<
  CallbacksSettings,
  'timeoutMs' | 'maxResponseBytes' | 'rateLimitHeaders' | 'retryOn'
>;

/** One try of a call: a POST, and the redirects that it follows. */
export class HttpAttempt {
  constructor(
    private readonly post: OutgoingRequest,
    private readonly settings: AttemptSettings,
    private readonly pools: ConnectionPools,
  ) {}

  /**
   * @param answered called with the headers of an answer that is returned.
   * @returns the members of an answer with status 2xx. Those of one with 401 or 403 are a refusal, whatever its `status`
   * says, unless every status of 400 and more is a failed try.
   * @throws {FinalAttemptError} when another try would get the same answer: any other status 4xx, except 408 and 429.
   * @throws {AttemptError}
   * @throws {CallbackAnswerError} when the answer is labelled JSON, but is not a JSON object.
   * @throws the signal's reason when it is aborted.
   */
  async run(signal: AbortSignal, answered?: (headers: ResponseHeaders) => void): Promise<JsonMembers> {
    const { timeoutMs, maxResponseBytes } = this.settings;
    const tooLate = new AttemptError(`no answer within ${timeoutMs} ms`);
    return withTimeLimit(timeoutMs, tooLate, signal, async (signal) => {
      const response = await exchange(this.post, this.pools, signal);
      const fault = this.faultOf(response);
      if (fault) {
        await discard(response, signal);
        throw fault;
      }
      const body = await readAnswer(response, maxResponseBytes);
      const { statusCode } = response;
      answered?.(response.headers);
      return statusCode < 400 ? membersOfAnswer(body, this.post.url.scrubbed) : refusalOf(body, statusCode);
    });
  }

  private faultOf({ statusCode, headers }: Dispatcher.ResponseData): AttemptError | undefined {
    if (statusCode === 429) {
      return new BusyError('status 429', requestedWaitMs(headers, this.settings.rateLimitHeaders));
    }
    const isJson = isJsonType(answerTypeOf(headers));
    if (statusCode >= 400 && this.settings.retryOn === 'transient') {
      if (isForbidden(statusCode) && isJson) return undefined;
      if (!isTransient(statusCode)) return new FinalAttemptError(`status ${statusCode}`);
    }
    if (statusCode < 200 || statusCode > 299) return new AttemptError(`status ${statusCode}`);
    if (isJson) return undefined;
    return new AttemptError(`the content type of the answer is not ${JSON_TYPE}`);
  }
}

/** The members of an answer with 401 or 403, which never count as a yes. */
function refusalOf(body: Buffer, status: number): JsonMembers {
  try {
    return membersOfAnswer(body, '').set('status', '"error"' as JsonText);
  } catch (error) {
    if (error instanceof CallbackAnswerError) throw new FinalAttemptError(`status ${status}`);
    throw error;
  }
}
