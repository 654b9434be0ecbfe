import { HttpStatus, Injectable } from '@nestjs/common';
import { ClientSelectionError, readSelection } from '../clients/client-selection.js';
import { countedBody } from '../clients/counted.js';
import { RevocationError } from '../clients/revocation/revocation-store.js';
import { readWish } from '../clients/revocation/revocation-wish.js';
import { revokedBody, Revocations } from '../clients/revocation/revocations.js';
import { Removals } from '../clients/removals.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { bodyOf, type BodyRequest } from '../endpoints/body.js';
import type { HttpReply } from '../endpoints/replies.js';
import { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { JsonError, type JsonMembers } from '../protocol/json/json.js';
import { failure, tooLong } from './intake.js';

/** Answers services that ask something of all nodes about clients. */
@Injectable()
export class ClientRequests {
  constructor(
    private readonly removals: Removals,
    private readonly revocations: Revocations,
    private readonly settings: PublishSettings,
    private readonly bounds: InputBounds,
  ) {}

  /** 200 with how many; 400 for a body that selects nothing, or is wrong; 413 for one that is too long. */
  disconnect(request: BodyRequest): Promise<HttpReply> {
    return this.answer(request, async (members) => {
      const selection = readSelection(members, ['reconnect']);
      const isBack = flagIn(members, 'reconnect');
      return countedBody('disconnected', await this.removals.disconnect(selection, isBack));
    });
  }

  /** As {@link disconnect}. */
  unsubscribe(request: BodyRequest): Promise<HttpReply> {
    return this.answer(request, async (members) =>
      countedBody('unsubscribed', await this.removals.unsubscribe(readSelection(members))),
    );
  }

  /** As {@link disconnect}; 503 when it could not be kept, and nothing was done. */
  revoke(request: BodyRequest): Promise<HttpReply> {
    return this.answer(request, async (members) => {
      const wish = readWish(members);
      return revokedBody(await this.revocations.revoke(wish));
    });
  }

  private async answer(
    request: BodyRequest,
    handle: (members: JsonMembers) => Promise<object>,
  ): Promise<HttpReply> {
    const body = bodyOf(request);
    const { maxBodyBytes } = this.settings;
    if (body.length > maxBodyBytes) return refusal(HttpStatus.PAYLOAD_TOO_LARGE, tooLong(maxBodyBytes));
    try {
      return { status: HttpStatus.OK, body: await handle(this.membersOf(body)) };
    } catch (error) {
      if (error instanceof ClientSelectionError) return refusal(HttpStatus.BAD_REQUEST, error.message);
      if (error instanceof RevocationError) return refusal(HttpStatus.SERVICE_UNAVAILABLE, error.message);
      if (error instanceof JsonError) return refusal(HttpStatus.BAD_REQUEST, `the body is ${error.message}`);
      throw error;
    }
  }

  private membersOf(body: Buffer): JsonMembers {
    const { members } = JsonDocument.read(body, { bounds: this.bounds });
    if (!members) throw new ClientSelectionError('the body must be a JSON object');
    return members;
  }
}

function flagIn(members: JsonMembers, name: string): boolean {
  const text = members.get(name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw new ClientSelectionError(`${name} must be true or false`);
  return text === 'true';
}

function refusal(status: HttpStatus, error: string): HttpReply {
  return { status, body: failure(error) };
}
