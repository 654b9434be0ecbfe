import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { OPERATOR_PATHS } from '../../config/operator-paths.js';
import { Settings } from '../../config/settings.js';
import {
  jsonAnswer,
  type OperatorAnswer,
  type OperatorEndpoint,
  type OperatorPlace,
} from '../../endpoints/operator-endpoint.js';
import type { Signature } from '../../procedures/signature.js';
import { failureOf } from '../../rpc/http/failure.js';
import { Services } from '../../topics/service/services.js';
import { Callable } from '../callable.js';
import type { ChannelPart } from './async-api.js';
import { withCalls } from './calls.js';
import { asyncApiDocument } from './document.js';
import { roomsPart, withRooms } from './rooms.js';
import { rpcPart } from './rpc.js';
import { topicsPart } from './topics.js';

/** Describes what goes over WebSockets, as far as the caller may know of it: an AsyncAPI document. */
@Injectable()
export class AsyncApiEndpoint implements OperatorEndpoint {
  readonly path = OPERATOR_PATHS.asyncDocument;
  readonly isForPages = true;

  constructor(
    private readonly settings: Settings,
    private readonly services: Services,
    private readonly callable: Callable,
  ) {}

  async answer(request: IncomingMessage, { mainUrl }: OperatorPlace): Promise<OperatorAnswer> {
    try {
      const parts = this.parts(await this.callable.by(request));
      return jsonAnswer(200, JSON.stringify(asyncApiDocument(parts, mainUrl)));
    } catch (error) {
      const { status, body, headers } = failureOf(error, false);
      return jsonAnswer(status, JSON.stringify(body), headers);
    }
  }

  private parts(callable: readonly Signature[]): ChannelPart[] {
    const { topics, rooms, procedures } = this.settings;
    let part = topicsPart(topics.path, [...this.services.all]);
    if (procedures) part = withCalls(part, callable);
    return [
      rooms ? withRooms(part) : part,
      ...(rooms ? [roomsPart(rooms.path)] : []),
      ...(procedures ? [rpcPart(procedures.path, callable)] : []),
    ];
  }
}
