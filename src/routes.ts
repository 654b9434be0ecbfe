import { Get, Options, Post, SetMetadata, type Type } from '@nestjs/common';
import { ClientScriptController } from './client-script/client-script.controller.js';
import { absent } from './config/configured.js';
import { historyPathOf, presencePathOf } from './config/reading-paths.js';
import { ProceduresSettings } from './config/sections/procedures/procedures.settings.js';
import type { Settings } from './config/settings.js';
import { CONSOLE_API_PATH, OPERATOR_PATHS } from './config/operator-paths.js';
import { routed, type RoutedMethods, unroutedCopyOf } from './endpoints/routed-controller.js';
import { HealthController } from './operators/health.controller.js';
import { OperatorsController } from './operators/operators.controller.js';
import { ClientsController } from './push/clients.controller.js';
import { ConnectionsController } from './push/reading/connections.controller.js';
import { HistoryController } from './push/reading/history.controller.js';
import { PresenceController } from './push/reading/presence.controller.js';
import { PublishController } from './push/publish.controller.js';
import { TriggerController } from './push/trigger.controller.js';

/** They are no part of the app's own API: `@nestjs/swagger` leaves out what has this. */
const Undocumented = SetMetadata('swagger/apiExcludeController', [true]);

const ROUTES: readonly (readonly [Type<object>, (settings: Settings) => RoutedMethods])[] = [
  [PublishController, ({ publish }) => ({ publish: publish.enabled && Post(publish.path) })],
  [
    TriggerController,
    ({ publish, rooms }) => ({
      trigger: publish.enabled && rooms !== undefined && Post(publish.triggerPath),
    }),
  ],
  [
    ClientsController,
    ({ publish }) => ({
      disconnect: publish.enabled && Post(publish.disconnectPath),
      unsubscribe: publish.enabled && Post(publish.unsubscribePath),
      revoke: publish.enabled && Post(publish.revokePath),
    }),
  ],
  [ConnectionsController, ({ publish }) => ({ read: publish.enabled && Get(publish.connectionsPath) })],
  [
    HistoryController,
    ({ publish, services }) => {
      const path = historyPathOf(publish, services);
      return { history: path !== undefined && Get(path) };
    },
  ],
  [
    PresenceController,
    ({ publish, services, rooms }) => {
      const path = presencePathOf(publish, services, rooms);
      return { presence: path !== undefined && Get(path) };
    },
  ],
  [
    HealthController,
    ({ health }) => ({
      live: health.enabled && Get(health.livePath),
      ready: health.enabled && Get(health.readyPath),
    }),
  ],
  [ClientScriptController, ({ clientScript }) => ({ read: clientScript.enabled && Get(clientScript.path) })],
  [OperatorsController, operatorRoutes],
];

/**
 * The controllers of one gateway. Their paths are in its settings, which may be known only when they have been made; what
 * is off has no path, so that the app can have it.
 */
export class Routes {
  readonly controllers = ROUTES.map(([controller]) => {
    const copy = unroutedCopyOf(controller);
    Undocumented(copy);
    return copy;
  });

  /** Before the app finds the paths of its controllers, which it does when all of them have been made. */
  place(settings: Settings): void {
    for (const [index, controller] of this.controllers.entries())
      routed(controller, ROUTES[index]![1](settings));
  }
}

const DOCUMENTS: readonly string[] = [OPERATOR_PATHS.document, OPERATOR_PATHS.asyncDocument];
const API = `${CONSOLE_API_PATH}/:name`;

function operatorRoutes({ operators, metrics, procedures }: Settings): RoutedMethods {
  const { enabled, path, console: hasConsole } = operators;
  if (!enabled || path === undefined) return { answer: false, act: false, preflight: false };
  const { page: hasPage, openApi } = (procedures ?? absent(ProceduresSettings)).http;
  const hasDocument = hasPage || openApi;
  const paths = [
    ...(metrics.enabled ? [OPERATOR_PATHS.metrics] : []),
    OPERATOR_PATHS.status,
    ...(hasDocument ? DOCUMENTS : []),
    ...(hasPage ? [OPERATOR_PATHS.page, `${OPERATOR_PATHS.page}/:file`] : []),
    ...(hasConsole ? [OPERATOR_PATHS.console, `${OPERATOR_PATHS.console}/:file`, API] : []),
  ];
  return {
    answer: Get(paths.map((one) => path + one)),
    act: hasConsole && Post(path + API),
    preflight: hasDocument && Options(DOCUMENTS.map((one) => path + one)),
  };
}
