import { isConfigured } from '../../config/configured.js';
import { OPERATOR_PATHS } from '../../config/operator-paths.js';
import type { LimitsSettings } from '../../config/sections/limits.settings.js';
import type { PublishSettings } from '../../config/sections/publish.settings.js';
import type { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import type { OperatorEndpoint } from '../../endpoints/operator-endpoint.js';
import { staticPage } from '../../endpoints/static-page.js';
import type { Refusals } from '../../metrics/refusals.js';
import type { OperatorActions } from './actions.js';
import { ConsoleEndpoint } from './console-endpoint.js';
import type { Following } from './following.js';
import type { OperatorKeys } from './operator-keys.js';
import type { ConnectionReadings, NodeReadings } from './readings.js';
import type { OwnReadings } from './own-readings.js';
import type { SettingsReadings } from './settings-readings.js';

/** The injection token of the endpoints of the console: its page, and what that asks. */
export const CONSOLE_ENDPOINTS = Symbol('kittiwake:console-endpoints');

/** Those that have routes, in the order of {@link consoleEndpoints}. */
type Parts = [OwnReadings, NodeReadings, ConnectionReadings, SettingsReadings, Following, OperatorActions];

/** Makes the endpoints of the console. */
export function consoleEndpoints(
  keys: OperatorKeys,
  refusals: Refusals,
  { maxBodyBytes: maxBytes }: PublishSettings,
  { handshakeTimeoutMs: timeoutMs }: LimitsSettings,
  rooms: RoomsSettings,
  ...parts: Parts
): OperatorEndpoint[] {
  const routes = parts.flatMap((part) => part.routes);
  const offered = routes.filter(({ name }) => name !== 'trigger' || isConfigured(rooms));
  const limits = { maxBytes, timeoutMs };
  return [...page(), ...offered.map((route) => new ConsoleEndpoint(route, keys, limits, refusals))];
}

const FILES = [
  'style.css',
  'main.js',
  'api.js',
  'callbacks.js',
  'channels.js',
  'connections.js',
  'dialog.js',
  'element.js',
  'format.js',
  'overview.js',
  'parts.js',
  'publish.js',
  'refusals.js',
  'settings.js',
  'table.js',
  'tail.js',
];

function page(): OperatorEndpoint[] {
  return staticPage(OPERATOR_PATHS.console, new URL('page/', import.meta.url), FILES);
}
