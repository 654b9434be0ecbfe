import type { Settings } from '../../config/settings.js';
import { CommandError } from '../command-error.js';
import { readInput } from '../input/read-input.js';
import { EndpointsGatewayClient } from './endpoints.gateway-client.js';
import {
  addressAt,
  addressInState,
  mainAddress,
  operatorsAddress,
  type RpcAddress,
} from './gateway-address.js';
import type { GatewayClient } from './gateway-client.js';
import { RpcGatewayClient } from './rpc.gateway-client.js';

/** The options of the command line that name the gateway. */
export interface GatewayOptions {
  readonly url?: string;
  /** A file with the service secret, a token or an API key; `-` is standard input. */
  readonly secretFile?: string;
}

/** Finds the gateway that a command is for. */
export class GatewayFinder {
  private secret: Promise<string> | undefined;

  constructor(
    private readonly options: () => GatewayOptions,
    /** The configuration; not asked for when there is a URL. */
    private readonly settings: () => Promise<Settings>,
  ) {}

  /**
   * A client of the gateway at the URL that was given; else of the one that has left its address in the state directory;
   * else of the one on the main port of the configuration.
   * @throws {CommandError} when it cannot be found.
   * @throws {ConfigurationError}
   */
  async connect(): Promise<GatewayClient> {
    const { url, secretFile } = this.options();
    if (secretFile !== undefined) this.secret ??= readInput(secretFile, 'Secret');
    const secret = this.secret && { secret: await this.secret };
    if (url !== undefined) return new RpcGatewayClient({ ...addressAt(url), ...secret });
    const settings = await this.settings();
    if (settings.procedures) return new RpcGatewayClient({ ...rpcAddress(settings), ...secret });
    const places = { main: mainAddress(settings), operators: operatorsAddress(settings) };
    return new EndpointsGatewayClient(places, settings, secret?.secret);
  }
}

function rpcAddress(settings: Settings): RpcAddress {
  const { local, path: prefix, secret, http } = settings.procedures!;
  if (local.stateDir !== undefined) return addressInState(local.stateDir, local);
  if (!http.enabled)
    throw new CommandError(
      'procedures.http is off and procedures.local.stateDir not set: nothing takes commands',
    );
  return { ...mainAddress(settings), prefix, ...(secret !== undefined && { secret }) };
}
