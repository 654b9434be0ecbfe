import { HttpStatus, Injectable } from '@nestjs/common';
import { ClientSelectionError } from '../clients/client-selection.js';
import { ConnectionPages, pageBody } from '../clients/connection-pages.js';
import { readConnectionQuery } from '../clients/connection-query.js';
import type { HttpReply } from '../endpoints/replies.js';
import { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { JsonError, type JsonMembers, toJsonText } from '../protocol/json/json.js';
import { failure } from './intake.js';

/** Parameters whose values are JSON, not text. */
const AS_JSON: Readonly<Record<string, string>> = {
  identity_json: 'identity',
  room: 'room',
  limit: 'limit',
  subscriptions: 'subscriptions',
};

/** Answers services that read who is connected. */
@Injectable()
export class ConnectionAnswers {
  constructor(
    private readonly pages: ConnectionPages,
    private readonly bounds: InputBounds,
  ) {}

  /** 200 with a page, 400 for what cannot be asked. @param url the target of the request. */
  async answer(url: string): Promise<HttpReply> {
    try {
      const query = readConnectionQuery(this.membersOf(new URLSearchParams(url.split('?', 2)[1])));
      return {
        status: HttpStatus.OK,
        headers: { 'Cache-Control': 'no-store' },
        body: pageBody(await this.pages.read(query)),
      };
    } catch (error) {
      if (error instanceof ClientSelectionError)
        return { status: HttpStatus.BAD_REQUEST, body: failure(error.message) };
      throw error;
    }
  }

  private membersOf(parameters: URLSearchParams): JsonMembers {
    const members: JsonMembers = new Map();
    for (const [name, value] of parameters) {
      const member = AS_JSON[name];
      members.set(member ?? name, member === undefined ? toJsonText(value) : this.jsonOf(name, value));
    }
    return members;
  }

  private jsonOf(name: string, value: string): JsonDocument['text'] {
    try {
      return JsonDocument.read(value, { bounds: this.bounds }).text;
    } catch (error) {
      if (error instanceof JsonError) throw new ClientSelectionError(`${name} is ${error.message}`);
      throw error;
    }
  }
}
