import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import {
  jsonAnswer,
  type OperatorAnswer,
  type OperatorEndpoint,
  type OperatorPlace,
} from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../config/operator-paths.js';
import type { Signature } from '../procedures/signature.js';
import { failureOf } from '../rpc/http/failure.js';
import { Callable } from './callable.js';
import { openApiDocument } from './document.js';
import { PART_SOURCES, type PartSource } from './open-api.js';

/** There is one for each place and for who may call the same: a few. What has more than that begins anew. */
const MAX_KEPT = 16;

/** Describes the HTTP side of the gateway, as far as the caller may know of it: an OpenAPI document. */
@Injectable()
export class OpenApiEndpoint implements OperatorEndpoint {
  readonly path = OPERATOR_PATHS.document;
  readonly isForPages = true;
  /** Procedures are added, and never changed. */
  private readonly kept = new Map<string, string>();

  constructor(
    @Inject(PART_SOURCES) private readonly sources: readonly PartSource[],
    private readonly callable: Callable,
  ) {}

  async answer(request: IncomingMessage, place: OperatorPlace): Promise<OperatorAnswer> {
    try {
      return jsonAnswer(200, this.textOf(place, await this.callable.by(request)));
    } catch (error) {
      const { status, body, headers } = failureOf(error, false);
      return jsonAnswer(status, JSON.stringify(body), headers);
    }
  }

  private textOf(place: OperatorPlace, callable: readonly Signature[]): string {
    const { prefix, base, mainUrl } = place;
    const key = [prefix, base, mainUrl, ...callable.map(({ name }) => name)].join(' ');
    let text = this.kept.get(key);
    if (text === undefined) {
      if (this.kept.size === MAX_KEPT) this.kept.clear();
      text = JSON.stringify(openApiDocument(this.sources, place, callable));
      this.kept.set(key, text);
    }
    return text;
  }
}
