import { json } from 'node:stream/consumers';
import { isObject } from '../protocol/json.js';
import { richJsonText } from '../protocol/rich-json.js';
import { CallFailure } from './call-failure.js';
import { CommandError } from './command-error.js';
import { EXIT } from './exit-code.js';
import { type CallArguments, type CallResult, type GatewayClient, NO_ARGUMENTS } from './gateway-client.js';
import { GatewayHttp, type HttpAddress } from './gateway-http.js';

const WITHOUT_PROCEDURES =
  'without the section procedures in its configuration, a gateway only takes ping, status, publish and trigger';
const HEALTH = '/health/ready';

/** What can be done with a gateway that has no procedures, through its endpoints for services and operators. */
export class EndpointsGatewayClient implements GatewayClient {
  readonly isLocal = false;
  private readonly http: GatewayHttp;

  /** @param apiKey what services publish with. */
  constructor(
    address: HttpAddress,
    private readonly apiKey: string | undefined,
  ) {
    this.http = new GatewayHttp(address);
  }

  async *call(name: string, { named }: CallArguments = NO_ARGUMENTS): AsyncGenerator<CallResult, void, void> {
    switch (name) {
      case 'ping':
      case 'status':
        yield { value: await this.health() };
        break;
      case 'publish':
        await this.push('/publish', publicationOf(named));
        yield { value: { status: 'ok', _format: 'Published.' } };
        break;
      case 'trigger': {
        const answer = await this.push('/trigger', named);
        yield { value: { ...answer, _format: 'Reached %(reached)s subscriptions here.' } };
        break;
      }
      default:
        throw new CommandError(WITHOUT_PROCEDURES);
    }
  }

  close(): void {
    this.http.close();
  }

  private async health(): Promise<object> {
    const { status, body } = await this.ask(HEALTH);
    if (status === 200) return { ...body, _format: 'The gateway is %(status)s.' };
    const error = `the gateway is ${String(body.status)}`;
    throw new CallFailure('ping', status, 'status' in body ? { error } : body);
  }

  private async push(path: string, item: object): Promise<object> {
    if (this.apiKey === undefined)
      throw new CommandError('the configuration has no publish.apiKeys', EXIT.forbidden);
    const { status, body } = await this.ask(path, richJsonText(item));
    if (status !== 200) throw new CallFailure(path.slice(1), status, body);
    return body;
  }

  private async ask(
    path: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const response = await this.http.ask(path, body, this.apiKey);
    try {
      const answer = await json(response);
      return { status: response.statusCode ?? 0, body: isObject(answer) ? answer : {} };
    } catch (error) {
      throw this.http.failure(error);
    }
  }
}

/** In its wire form. */
function publicationOf({ topic, data, fields, ...options }: Readonly<Record<string, unknown>>): object {
  return { ...Object(fields), subscription: topic, data, options };
}
