#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BrokerError } from '../broker/broker.error.js';
import { ConfigurationError } from '../config/configuration-error.js';
import { ProceduresSettings } from '../config/procedures.settings.js';
import { Settings } from '../config/settings.js';
import { Listeners } from '../connection/listeners.js';
import { Lifecycle } from '../lifecycle.js';
import { LocalServer } from '../rpc/local-server.js';
import { ServiceSecret } from '../rpc/service-secret.js';
import { StateError } from '../rpc/state-error.js';
import { createServer } from './create-server.js';
import { GIVEN_ENVIRONMENT, settingsFromEnvironment } from './environment.js';
import { Handover } from './handover.js';
import { Predecessor } from './predecessor.js';

let handover: Handover | undefined;

/** Starts the gateway from the environment; it ends on SIGTERM and SIGINT, and on SIGUSR2 a new process replaces it. */
async function start(): Promise<void> {
  if (process.platform !== 'win32') process.on('SIGUSR2', () => void handover?.begin());
  const predecessor = await Predecessor.find();
  const configured = await settingsFromEnvironment();
  const hasSecret = configured.procedures?.secret !== undefined;
  const settings = hasSecret ? configured : withSecretOf(predecessor, configured);
  const app = await createServer(settings);
  await listen(app, settings, predecessor);
  new Logger('Kittiwake').log(`listening at ${await app.getUrl()}, for clients of ${endpointsOf(settings)}`);
  handover = new Handover(
    {
      listeners: app.get(Listeners),
      secret: hasSecret ? undefined : app.get(ServiceSecret).value,
      retire: () => app.get(Lifecycle).retire(),
    },
    {
      file: process.execPath,
      args: [...process.execArgv, ...process.argv.slice(1)],
      environment: GIVEN_ENVIRONMENT,
    },
  );
}

/** One that takes over can be found only when nothing can go wrong any more: until then its predecessor serves. */
async function listen(
  app: NestFastifyApplication,
  { server: { host, port } }: Settings,
  predecessor: Predecessor | undefined,
): Promise<void> {
  const listeners = app.get(Listeners);
  if (predecessor) listeners.inherit(predecessor.legacy.sockets);
  await app.init();
  const local = app.get(LocalServer);
  if (predecessor) await local.open();
  const address = { name: 'main', host, port };
  await app.listen(listeners.optionsFor(address), () => undefined);
  listeners.add(app.getHttpServer(), address);
  if (!predecessor) return;
  local.announce();
  listeners.closeUnused();
  predecessor.release();
}

/** Programs that know the secret of the predecessor have no way to know that there is another one. */
function withSecretOf(predecessor: Predecessor | undefined, settings: Settings): Settings {
  const secret = predecessor?.legacy.secret;
  if (!settings.procedures || secret === undefined) return settings;
  const procedures = Object.assign(new ProceduresSettings(), settings.procedures, { secret });
  return Object.assign(new Settings(), settings, { procedures });
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(1);
}

function endpointsOf({ topics, rooms }: Settings): string {
  return `topics on ${topics.path}${rooms ? ` and of rooms on ${rooms.path}` : ''}`;
}

/** What an operator can mend is told in a line; all else is a defect, and told with its stack. */
function describe(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const isOperational = error instanceof BrokerError || error instanceof StateError || 'syscall' in error;
  return isOperational ? `Kittiwake cannot start: ${error.message}` : (error.stack ?? error.message);
}
