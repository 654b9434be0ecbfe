import { HttpStatus, Injectable } from '@nestjs/common';
import { ClientSelectionError } from '../../clients/client-selection.js';
import { ConnectionPages, pageBody } from '../../clients/connection-pages.js';
import { readConnectionQuery } from '../../clients/connection-query.js';
import type { HttpReply } from '../../endpoints/replies.js';
import { InputBounds } from '../../protocol/json/bounds.js';
import { failure } from '../intake.js';
import { queryMembers } from './query-members.js';

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
      const query = readConnectionQuery(queryMembers(new URLSearchParams(url.split('?', 2)[1]), this.bounds));
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
}
