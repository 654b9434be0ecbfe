#!/usr/bin/env node
import 'reflect-metadata';
import { ConfigurationError } from '../config/configuration-error.js';
import { createServer } from './create-server.js';
import { settingsFromEnvironment } from './environment.js';

/** Starts the gateway from the environment; it ends on SIGTERM and SIGINT. */
async function start(): Promise<void> {
  const settings = await settingsFromEnvironment();
  const app = await createServer(settings);
  await app.listen(settings.server.port, settings.server.host);
}

try {
  await start();
} catch (error) {
  const text = error instanceof ConfigurationError || !(error instanceof Error) ? String(error) : error.stack;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
