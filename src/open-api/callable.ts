import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Calls } from '../procedures/calls/calls.js';
import { Procedures } from '../procedures/procedures.js';
import type { Signature } from '../procedures/signature.js';
import { RpcCallers } from '../rpc/http/callers.js';

/** The injection token of the documents, as endpoints for operators. */
export const DOCUMENT_ENDPOINTS = Symbol('kittiwake:document-endpoints');

/** The procedures that the reader of a document may call. */
@Injectable()
export class Callable {
  constructor(
    private readonly procedures: Procedures,
    private readonly callers: RpcCallers,
    private readonly calls: Calls,
  ) {}

  /**
   * Without a secret or a token these are the public ones, so that nothing tells which others there are.
   * @throws {ProcedureError} for a token that is refused.
   */
  async by(request: IncomingMessage): Promise<Signature[]> {
    const { callers, calls } = this;
    const origin = await callers.identify(request, { hasSecret: false });
    return [...this.procedures.all]
      .map(({ signature }) => signature)
      .filter(({ name }) => calls.find(name, origin));
  }
}
