import { Injectable } from '@nestjs/common';
import { Refusals } from '../../metrics/refusals.js';
import { Calls } from '../../procedures/calls/calls.js';
import { RpcCallers } from './callers.js';
import { WorkerConfig } from '../built-in/worker-config.js';

/** What requests are answered with. */
@Injectable()
export class RpcParts {
  constructor(
    readonly callers: RpcCallers,
    readonly calls: Calls,
    readonly config: WorkerConfig,
    readonly refusals: Refusals,
  ) {}
}
