import { json } from 'node:stream/consumers';
import { isHashedKey } from '../../base/bearer-keys.js';
import { countedFormat } from '../../clients/counted.js';
import type { NodeCount } from '../../cluster/answers.js';
import { presencePathOf } from '../../config/reading-paths.js';
import type { Settings } from '../../config/settings.js';
import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { type ToldInterface, toldRooms, toldService } from '../../operators/procedures/told-interface.js';
import { presenceFormat } from '../../presence/presence-format.js';
import { CallFailure } from '../call-failure.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';
import { type CallArguments, type CallResult, type GatewayClient, NO_ARGUMENTS } from './gateway-client.js';
import { queryOf } from './query.js';
import { ConsoleHttp } from './console-http.js';
import { GatewayHttp, type HttpAddress } from './gateway-http.js';

const WITHOUT_PROCEDURES =
  'without the section procedures in its configuration, a gateway only takes ping, status, publish, trigger, presence, disconnect, unsubscribe, revoke, connections, topics, tail, top and types';
const STATUS = '/status';

/** Arguments by name. */
type Named = CallArguments['named'];

/** The addresses for services, and operators; without the second, its status is only whether it is ready. */
interface GatewayPlaces {
  readonly main: HttpAddress;
  readonly operators: HttpAddress | undefined;
}

/** A client for a gateway without procedures, through its endpoints for services and operators. */
export class EndpointsGatewayClient implements GatewayClient {
  readonly isLocal = false;
  private readonly http: GatewayHttp;
  private readonly operators: GatewayHttp | undefined;
  private readonly console: ConsoleHttp;

  /** @param givenKey an API key, or for what the console tells one of operators. Default: the first of the configuration that is not hashed. */
  constructor(
    { main, operators }: GatewayPlaces,
    private readonly settings: Pick<Settings, 'publish' | 'health' | 'services' | 'rooms' | 'operators'>,
    private readonly givenKey?: string,
  ) {
    this.http = new GatewayHttp(main);
    this.operators = operators && new GatewayHttp(operators);
    this.console = new ConsoleHttp(this.operators, settings.operators, givenKey);
  }

  async *call(name: string, { named }: CallArguments = NO_ARGUMENTS): AsyncGenerator<CallResult, void, void> {
    if (this.console.has(name)) yield* this.console.call(name, named);
    else yield { value: await this.answer(name, named) };
  }

  close(): void {
    this.http.close();
    this.operators?.close();
  }

  private async answer(name: string, named: Named): Promise<object> {
    const { publish } = this.settings;
    switch (name) {
      case 'ping':
        return this.health();
      case 'status':
        return this.operators ? this.status(this.operators) : this.health();
      case 'publish':
        return published(await this.push(name, publish.path, publicationOf(named)));
      case 'trigger': {
        const answer = await this.push(name, publish.triggerPath, named);
        return { ...answer, _format: 'Reached %(reached)s subscriptions here.' };
      }
      case 'presence':
        return this.presence(named);
      case 'interface':
        return this.interface();
      case 'disconnect':
        return countedOf(
          'Disconnected',
          'disconnected',
          await this.push(name, publish.disconnectPath, named),
        );
      case 'unsubscribe':
        return countedOf('Ended', 'unsubscribed', await this.push(name, publish.unsubscribePath, named));
      case 'revoke':
        return countedOf(
          'Revoked. Disconnected',
          'disconnected',
          await this.push(name, publish.revokePath, named),
        );
      case 'connections':
        return this.push(name, publish.connectionsPath + `?${queryOf(named)}`);
      default:
        throw new CommandError(WITHOUT_PROCEDURES);
    }
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

  /** Without procedures there are no services but those of the configuration. */
  private interface(): ToldInterface {
    const { services, rooms } = this.settings;
    return {
      services: [...services].map(([name, settings]) => toldService(name, settings)),
      rooms: rooms && toldRooms(rooms),
      procedures: [],
    };
  }

  private async presence({ topic, ...named }: Named): Promise<object> {
    const { publish, services, rooms } = this.settings;
    const path = presencePathOf(publish, services, rooms) ?? '/presence';
    const answer = await this.push('presence', path + `?${queryOf({ subscription: topic, ...named })}`);
    return { ...answer, _format: presenceFormat('members' in answer) };
  }

  /** @param item is read, not pushed, where there is none. */
  private async push(name: string, path: string, item?: object): Promise<object> {
    const { status, body } = await ask(this.http, path, item && richJsonText(item), this.apiKey());
    if (status !== 200) throw new CallFailure(name, status, body);
    return body;
  }

  private apiKey(): string {
    const { apiKeys, keys } = this.settings.publish;
    const apiKey = this.givenKey ?? apiKeys.find((key) => !isHashedKey(key));
    if (apiKey !== undefined) return apiKey;
    const lack =
      apiKeys.length + keys.size > 0
        ? 'the configuration has no API key that may do everything and is not hashed: --secret-file names a file with one'
        : 'the configuration has no publish.apiKeys';
    throw new CommandError(lack, EXIT.forbidden);
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

/** A publication in its wire form. */
function publicationOf(named: Named): object {
  const { topic, data, fields, idempotency_key, ...options } = named;
  const key = idempotency_key !== undefined && { idempotency_key };
  return { ...Object(fields), ...key, subscription: topic, data, options };
}

function published(answer: { readonly position?: unknown; readonly repeated?: unknown }): object {
  if (answer.position === undefined) return { ...answer, _format: 'Published.' };
  return { ...answer, _format: `Published${answer.repeated ? ' before,' : ''} at %(position)s.` };
}
