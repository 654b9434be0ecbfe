import { HttpStatus, Injectable } from '@nestjs/common';
import type { HttpReply } from '../../endpoints/replies.js';
import { objectText, toJsonText, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import type { Publication } from '../../protocol/publication.js';
import { HistoryError, type HistoryPart, TopicHistory } from '../../topics/topic-history.js';
import { type ApiKey, forbidden, KeyScopeError } from '../api-key.js';
import { failure, UNAVAILABLE } from '../intake.js';

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
const STATUS = { absent: HttpStatus.NOT_FOUND, invalid: HttpStatus.BAD_REQUEST } as const;

/** Answers services that read what is kept of a topic. */
@Injectable()
export class HistoryAnswers {
  constructor(private readonly histories: TopicHistory) {}

  /**
   * 400 for what cannot be asked, 404 for a service without a history, 503 when the broker cannot be reached.
   * 403 for a service that the key is not for.
   * @param url the target of the request, with `subscription`, `since` and `limit` in its query.
   */
  async answer(url: string, key: ApiKey): Promise<HttpReply> {
    const query = new URLSearchParams(url.split('?', 2)[1]);
    const topic = query.get('subscription') ?? '';
    if (topic === '') return refusal(HttpStatus.BAD_REQUEST, '"subscription" is missing');
    try {
      key.requireTopic(topic);
      const since = query.get('since') ?? undefined;
      const part = await this.histories.read(topic, { since, limit: limitIn(query.get('limit')) });
      return { status: HttpStatus.OK, headers: JSON_HEADERS, body: textOf(part) };
    } catch (error) {
      if (error instanceof KeyScopeError) return forbidden(error.message);
      return error instanceof HistoryError
        ? refusal(STATUS[error.kind], error.message)
        : refusal(HttpStatus.SERVICE_UNAVAILABLE, UNAVAILABLE);
    }
  }
}

function limitIn(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}

function refusal(status: HttpStatus, error: string): HttpReply {
  return { status, body: failure(error) };
}

/** Data goes out as it was published, digit for digit. */
function textOf({ top, isComplete, publications }: HistoryPart): JsonText {
  const items = publications.map((publication) => objectText(itemOf(publication)));
  return objectText([
    ['status', toJsonText('ok')],
    ['position', toJsonText(top.toString())],
    ['complete', toJsonText(isComplete)],
    ['publications', `[${items.join(',')}]` as JsonText],
  ]);
}

function itemOf({ position, data, publishedAt }: Publication): JsonMembers {
  const members: JsonMembers = new Map([['position', toJsonText(String(position))]]);
  members.set('data', data);
  if (publishedAt !== undefined) members.set('published_at', toJsonText(publishedAt));
  return members;
}
