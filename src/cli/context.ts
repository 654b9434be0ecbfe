import type { Settings } from '../config/settings.js';
import type { GatewayClient } from './gateway/gateway-client.js';
import type { Printer } from './printer.js';

/** What commands work with. */
export interface Context {
  /** @throws {CommandError} when the gateway cannot be found. */
  connect(): Promise<GatewayClient>;
  /** The configuration. @throws {ConfigurationError} */
  settings(): Promise<Settings>;
  printer(): Printer;
}
