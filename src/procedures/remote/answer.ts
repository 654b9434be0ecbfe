import { isForbidden } from '../../callbacks/http-status.js';
import { withoutByteOrderMark } from '../../callbacks/http/without-byte-order-mark.js';
import type { StreamedAnswer } from '../../callbacks/stream-requester.js';
import { ClientError } from '../../protocol/errors.js';
import { JsonError } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import { JSON_TYPE } from '../../protocol/media-type.js';
import { PROCEDURE_ERRORS, ProcedureError } from '../procedure-errors.js';
import { ProcedureResult } from '../result.js';
import { remoteError } from './error.js';
import { remoteEvents } from './events.js';
import { remoteLines } from './lines.js';
import type { RemoteSource } from './source.js';
import { RemoteStream } from './stream.js';
import { remoteValue } from './value.js';

type Results = (answer: StreamedAnswer, source: RemoteSource) => AsyncGenerator<unknown, void, void>;

/** The readers of streamed answers, by content type. */
const STREAMS: ReadonlyMap<string, Results> = new Map([
  ['application/x-ndjson', remoteLines],
  ['application/ndjson', remoteLines],
  ['application/jsonl', remoteLines],
  ['application/json-seq', remoteLines],
  ['text/event-stream', remoteEvents],
]);

/** The `Accept` header of requests to the app. */
export const REMOTE_ACCEPT = `${JSON_TYPE}, application/x-ndjson, text/event-stream`;

/**
 * Converts an answer of the app to a result: a stream, or a JSON value. The JSON value null is a result that is sent;
 * an empty body is the result null, of which clients of Shirow's protocol get no frame.
 * @throws {ProcedureError} when the app refuses: a status from 400 with a JSON object that has the member `error`, or
 * 401 or 403.
 * @throws {CallbackError} when it has another status or content type, or breaks off.
 * @throws {CallbackAnswerError} when it is not JSON, but labelled so.
 * @throws {ClientError} when it is too large.
 */
export async function remoteAnswer(answer: StreamedAnswer, source: RemoteSource): Promise<unknown> {
  const { status, mediaType } = answer;
  if (status > 299) throw await refusal(answer, source);
  const results = STREAMS.get(mediaType);
  if (results) return new RemoteStream(results(answer, source), () => answer.end());
  if (mediaType !== JSON_TYPE) {
    if (await isEmpty(answer)) return null;
    throw source.fault(
      `the content type of the answer is not one of ${JSON_TYPE}, ${[...STREAMS.keys()].join(', ')}`,
    );
  }
  const bytes = await wholeOf(answer, source);
  if (bytes.length === 0) return null;
  return remoteValue(bytes, source) ?? new ProcedureResult(null);
}

async function refusal(answer: StreamedAnswer, source: RemoteSource): Promise<Error> {
  const { status } = answer;
  const told = status >= 400 && answer.mediaType === JSON_TYPE ? await toldBy(answer, source) : undefined;
  answer.end();
  if (told) return told;
  if (!isForbidden(status)) return source.fault(`status ${status}`);
  return new ProcedureError(status === 401 ? 'Unauthorized.' : 'Forbidden.', status);
}

async function toldBy(answer: StreamedAnswer, source: RemoteSource): Promise<ProcedureError | undefined> {
  try {
    return remoteError(parseRichJson(withoutByteOrderMark(await wholeOf(answer, source))), answer.status);
  } catch (error) {
    if (error instanceof JsonError || error instanceof ClientError) return undefined;
    throw error;
  }
}

async function wholeOf({ body }: StreamedAnswer, { maxBytes }: RemoteSource): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw PROCEDURE_ERRORS.resultTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

async function isEmpty({ body }: StreamedAnswer): Promise<boolean> {
  for await (const chunk of body) if (chunk.length > 0) return false;
  return true;
}
