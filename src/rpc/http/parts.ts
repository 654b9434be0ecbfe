import { Injectable } from '@nestjs/common';
import { Refusals } from '../../metrics/refusals.js';
import { Calls } from '../../procedures/calls/calls.js';
import { RpcCallers } from './callers.js';
import { ProceduresConfig } from '../built-in/procedures-config.js';

/** The services that every {@link RpcExchange} uses. */
@Injectable()
export class RpcParts {
  constructor(
    readonly callers: RpcCallers,
    readonly calls: Calls,
    readonly config: ProceduresConfig,
    readonly refusals: Refusals,
  ) {}
}
