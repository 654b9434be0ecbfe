#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { BrokerError } from '../broker/broker.error.js';
import { ConfigurationError } from '../config/configuration-error.js';
import { ProceduresSettings } from '../config/procedures.settings.js';
import { Settings } from '../config/settings.js';
import { Listeners } from '../connection/listeners.js';
import { Lifecycle } from '../lifecycle.js';
import { ServiceSecret } from '../rpc/service-secret.js';
import { StateError } from '../rpc/state-error.js';
import { GIVEN_ENVIRONMENT, settingsFromEnvironment } from './environment.js';
import { Handover } from './handover.js';
import { PinoLogger } from './logger.js';
import { Predecessor } from './predecessor.js';
import { serve } from './serve.js';
import { serveAsWorker } from './worker.js';
import { roleIn } from './worker-messages.js';
import { Workers, WorkerStartError } from './workers.js';

let handover: Handover | undefined;

/**
 * Starts the gateway from the environment; it ends on SIGTERM and SIGINT. On SIGUSR2 a new process replaces it; where
 * worker processes share the port, SIGHUP replaces them one by one.
 */
async function start(): Promise<void> {
  if (cluster.isWorker) {
    await serveAsWorker(await settingsFromEnvironment(), roleIn(process.argv));
    return;
  }
  if (process.platform !== 'win32') process.on('SIGUSR2', () => void handover?.begin());
  const predecessor = await Predecessor.find();
  const settings = await settingsFromEnvironment();
  const { workers } = settings.server;
  const count = workers === 'auto' ? availableParallelism() : workers;
  if (count > 1) await keepWorkers(count, settings);
  else await serveAlone(settings, predecessor);
}

async function keepWorkers(count: number, settings: Settings): Promise<void> {
  Logger.overrideLogger(new PinoLogger(settings.log));
  await Workers.start(count, settings);
  new Logger('Kittiwake').log(`${count} worker processes are ready`);
}

async function serveAlone(configured: Settings, predecessor: Predecessor | undefined): Promise<void> {
  const hasSecret = configured.procedures?.secret !== undefined;
  const settings = hasSecret ? configured : withSecretOf(predecessor, configured);
  const inherited = predecessor && {
    sockets: predecessor.legacy.sockets,
    release: () => predecessor.release(),
  };
  const app = await serve(settings, { predecessor: inherited });
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
  if (!(error instanceof WorkerStartError)) process.stderr.write(`${describe(error)}\n`);
  process.exit(1);
}

/** What an operator can mend is told in a line; all else is a defect, and told with its stack. */
function describe(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const isOperational = error instanceof BrokerError || error instanceof StateError || 'syscall' in error;
  return isOperational ? `Kittiwake cannot start: ${error.message}` : (error.stack ?? error.message);
}
