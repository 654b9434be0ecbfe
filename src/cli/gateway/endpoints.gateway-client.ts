import { json } from 'node:stream/consumers';
import { countedFormat } from '../../clients/counted.js';
import type { NodeCount } from '../../cluster/answers.js';
import type { Settings } from '../../config/settings.js';
import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { CallFailure } from '../call-failure.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';
import { type CallArguments, type CallResult, type GatewayClient, NO_ARGUMENTS } from './gateway-client.js';
import { GatewayHttp, type HttpAddress } from './gateway-http.js';

const WITHOUT_PROCEDURES =
  'without the section procedures in its configuration, a gateway only takes ping, status, publish, trigger, disconnect, unsubscribe, revoke and connections';
const STATUS = '/status';

/** A client for a gateway without procedures, through its endpoints for services and operators. */
export class EndpointsGatewayClient implements GatewayClient {
  readonly isLocal = false;
  private readonly http: GatewayHttp;
  private readonly operators: GatewayHttp | undefined;

  /** @param operators the port that has the status; without it, the status is only whether the gateway is ready. */
  constructor(
    address: HttpAddress,
    private readonly settings: Pick<Settings, 'publish' | 'health'>,
    operators?: HttpAddress,
  ) {
    this.http = new GatewayHttp(address);
    this.operators = operators && new GatewayHttp(operators);
  }

  async *call(name: string, { named }: CallArguments = NO_ARGUMENTS): AsyncGenerator<CallResult, void, void> {
    switch (name) {
      case 'ping':
        yield { value: await this.health() };
        break;
      case 'status':
        yield { value: await (this.operators ? this.status(this.operators) : this.health()) };
        break;
      case 'publish':
        yield { value: published(await this.push(name, this.settings.publish.path, publicationOf(named))) };
        break;
      case 'trigger': {
        const answer = await this.push(name, this.settings.publish.triggerPath, named);
        yield { value: { ...answer, _format: 'Reached %(reached)s subscriptions here.' } };
        break;
      }
      case 'disconnect':
        yield {
          value: countedOf(
            'Disconnected',
            'disconnected',
            await this.push(name, this.settings.publish.disconnectPath, named),
          ),
        };
        break;
      case 'unsubscribe':
        yield {
          value: countedOf(
            'Ended',
            'unsubscribed',
            await this.push(name, this.settings.publish.unsubscribePath, named),
          ),
        };
        break;
      case 'revoke':
        yield {
          value: countedOf(
            'Revoked. Disconnected',
            'disconnected',
            await this.push(name, this.settings.publish.revokePath, named),
          ),
        };
        break;
      case 'connections':
        yield { value: await this.push(name, this.settings.publish.connectionsPath + queryOf(named)) };
        break;
      default:
        throw new CommandError(WITHOUT_PROCEDURES);
    }
  }

  close(): void {
    this.http.close();
    this.operators?.close();
  }

  private async health(): Promise<object> {
    const { status, body } = await ask(this.http, this.settings.health.readyPath);
    if (status === 200) return { ...body, _format: 'The gateway is %(status)s.' };
    const error = `the gateway is ${String(body.status)}`;
    throw new CallFailure('ping', status, 'status' in body ? { error } : body);
  }

  private async status(operators: GatewayHttp): Promise<object> {
    const { status, body } = await ask(operators, STATUS);
    if (status !== 200) throw new CallFailure('status', status, body);
    return { ...body, _format: 'The gateway is %(state)s.' };
  }

  /** @param item is read, not pushed, where there is none. */
  private async push(name: string, path: string, item?: object): Promise<object> {
    const [apiKey] = this.settings.publish.apiKeys;
    if (apiKey === undefined)
      throw new CommandError('the configuration has no publish.apiKeys', EXIT.forbidden);
    const { status, body } = await ask(this.http, path, item && richJsonText(item), apiKey);
    if (status !== 200) throw new CallFailure(name, status, body);
    return body;
  }
}

interface JsonAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(http: GatewayHttp, path: string, body?: string, apiKey?: string): Promise<JsonAnswer> {
  const response = await http.ask(path, body, apiKey);
  try {
    const answer = await json(response);
    return { status: response.statusCode ?? 0, body: isObject(answer) ? answer : {} };
  } catch (error) {
    throw http.failure(error);
  }
}

function countedOf(verb: string, name: string, answer: object): object {
  const { nodes } = answer as { readonly nodes: NodeCount };
  return { ...answer, _format: countedFormat(verb, name, nodes) };
}

/** Named arguments as a query; what is no text is JSON. */
function queryOf({ identity, ...named }: Readonly<Record<string, unknown>>): string {
  const isText = typeof identity === 'string' || identity === undefined;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(
    isText ? { identity, ...named } : { identity_json: identity, ...named },
  ))
    if (value !== undefined) query.set(name, typeof value === 'string' ? value : richJsonText(value));
  return `?${query.toString()}`;
}

/** A publication in its wire form. */
function publicationOf(named: Readonly<Record<string, unknown>>): object {
  const { topic, data, fields, idempotency_key, ...options } = named;
  const key = idempotency_key !== undefined && { idempotency_key };
  return { ...Object(fields), ...key, subscription: topic, data, options };
}

function published(answer: { readonly position?: unknown; readonly repeated?: unknown }): object {
  if (answer.position === undefined) return { ...answer, _format: 'Published.' };
  return { ...answer, _format: `Published${answer.repeated ? ' before,' : ''} at %(position)s.` };
}
