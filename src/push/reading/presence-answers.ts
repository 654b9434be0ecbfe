import { HttpStatus, Injectable } from '@nestjs/common';
import type { PresencePage } from '../../broker/presence-book.js';
import { membersText } from '../../broker/presence-news.js';
import type { HttpReply } from '../../endpoints/replies.js';
import { PresenceError } from '../../presence/presence.error.js';
import { InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import { type JsonText, toJsonText } from '../../protocol/json/json.js';
import { type ApiKey, forbidden, KeyScopeError } from '../api-key.js';
import { Room } from '../../rooms/room/room.js';
import { failure, UNAVAILABLE } from '../intake.js';
import { PresenceReading, type PresenceWhere } from './presence-reading.js';

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
const STATUS = { absent: HttpStatus.NOT_FOUND, invalid: HttpStatus.BAD_REQUEST } as const;

/** Answers services that ask who is present. */
@Injectable()
export class PresenceAnswers {
  constructor(
    private readonly reading: PresenceReading,
    private readonly bounds: InputBounds,
  ) {}

  /**
   * The members present in one topic or room, or their number in each of several. 400 for what cannot be asked, 404
   * where it is not kept, 503 when the broker cannot be reached, 403 for a topic or room that the key is not for.
   * @param url the target of the request, with `subscription`, `room` and `limit` in its query.
   */
  async answer(url: string, key: ApiKey): Promise<HttpReply> {
    const query = new URLSearchParams(url.split('?', 2)[1]);
    try {
      const places = this.placesIn(query);
      for (const where of places) requirePlace(key, where);
      const body = places.length === 1 ? await this.one(places[0]!, query) : await this.several(places);
      return { status: HttpStatus.OK, headers: JSON_HEADERS, body };
    } catch (error) {
      if (error instanceof KeyScopeError) return forbidden(error.message);
      return error instanceof PresenceError
        ? { status: STATUS[error.kind], body: failure(error.message) }
        : { status: HttpStatus.SERVICE_UNAVAILABLE, body: failure(UNAVAILABLE) };
    }
  }

  private async one(where: PresenceWhere, query: URLSearchParams): Promise<JsonText> {
    const text = query.get('limit');
    const limit = text === null ? undefined : limitIn(text);
    return pageText(await this.reading.read(where, limit));
  }

  private async several(places: readonly PresenceWhere[]): Promise<JsonText> {
    const counts = await this.reading.count(places);
    const each = places.map((where, index) => {
      const name = 'topic' in where ? `"subscription":${toJsonText(where.topic)}` : `"room":${where.room}`;
      return `{${name},"count":${counts[index]}}`;
    });
    return `{"status":"ok","presences":[${each.join()}]}` as JsonText;
  }

  /** In the order of the query. */
  private placesIn(query: URLSearchParams): PresenceWhere[] {
    const places: PresenceWhere[] = [];
    for (const [name, value] of query) {
      if (name === 'subscription') places.push({ topic: value });
      if (name === 'room') places.push({ room: this.roomIn(value) });
    }
    if (places.length === 0) throw new PresenceError('invalid', '"subscription" is missing');
    return places;
  }

  private roomIn(text: string): JsonText {
    const fault = class extends PresenceError {
      constructor(message: string) {
        super('invalid', `"room" is ${message}`);
      }
    };
    return JsonDocument.read(text, { bounds: this.bounds, fault }).text;
  }
}

/** Refuses a place that the key is not for; no room, where it is looked up. */
function requirePlace(key: ApiKey, where: PresenceWhere): void {
  if ('topic' in where) return key.requireTopic(where.topic);
  const room = Room.parse(where.room);
  if (room) key.requireRooms([room]);
}

function limitIn(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}

/** Members go out as they are shown to clients, digit for digit. */
function pageText({ count, members }: PresencePage): JsonText {
  const list = members && `,"members":${membersText(members)}`;
  return `{"status":"ok","count":${count}${list ?? ''}}` as JsonText;
}
