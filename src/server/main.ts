#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { BrokerError } from '../broker/broker.error.js';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Settings } from '../config/settings.js';
import { createServer } from './create-server.js';
import { settingsFromEnvironment } from './environment.js';

/** Starts the gateway from the environment; it ends on SIGTERM and SIGINT. */
async function start(): Promise<void> {
  const settings = await settingsFromEnvironment();
  const app = await createServer(settings);
  await app.listen(settings.server.port, settings.server.host);
  new Logger('Kittiwake').log(`listening at ${await app.getUrl()}, for clients of ${endpointsOf(settings)}`);
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
  const isOperational = error instanceof BrokerError || 'syscall' in error;
  return isOperational ? `Kittiwake cannot start: ${error.message}` : (error.stack ?? error.message);
}
