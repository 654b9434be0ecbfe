import type { Settings } from '../config/settings.js';
import type { GatewayClient } from './gateway/gateway-client.js';
import type { Printer } from './printer.js';

/** The gateway, the configuration and the output, as commands get them. */
export interface Context {
  /** @throws {CommandError} when the gateway cannot be found. */
  connect(): Promise<GatewayClient>;
  /** The configuration. @throws {ConfigurationError} */
  settings(): Promise<Settings>;
  printer(): Printer;
}
