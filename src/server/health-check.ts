#!/usr/bin/env node
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { settingsFromEnvironment } from './environment.js';

const TIMEOUT_MS = 4_000;

/**
 * The health check of a container: whether the gateway that this environment configures is ready. The process ends
 * with status 0 or 1.
 */
async function isReady(): Promise<boolean> {
  const { server, health } = await settingsFromEnvironment();
  const isEverywhere = server.host === '0.0.0.0' || server.host === '::';
  const request = server.tls ? requestHttps : requestHttp;
  const options = {
    host: isEverywhere ? 'localhost' : server.host,
    port: server.port,
    path: health.readyPath,
    timeout: TIMEOUT_MS,
    rejectUnauthorized: false, // it asks itself, by a name that no certificate has
  };
  return new Promise((resolve) => {
    const asked = request(options, ({ statusCode }) => resolve(statusCode === 200));
    asked.on('timeout', () => resolve(false)).on('error', () => resolve(false));
    asked.end();
  });
}

process.exit((await isReady()) ? 0 : 1);
