import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { jsonAnswer, type OperatorAnswer, type OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../config/operator-paths.js';
import { GatewayStatus } from './gateway-status.js';

/** The version of the gateway, and what each process of it does. */
@Injectable()
export class StatusEndpoint implements OperatorEndpoint {
  readonly path = OPERATOR_PATHS.status;

  constructor(private readonly status: GatewayStatus) {}

  /** Answers with the states of all processes; the state of the whole is that of the first that is not ready. */
  async answer(): Promise<OperatorAnswer> {
    const processes = await this.status.all();
    const { state } = processes.find((one) => one.state !== 'ready') ?? { state: 'ready' };
    return jsonAnswer(200, JSON.stringify({ version: VERSION, state, processes }));
  }
}
