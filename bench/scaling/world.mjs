/** Gateways on one Redis, and the app that they ask: what the runs about scaling measure. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { redisMicros } from '../leases/records.mjs';
import { residentBytes, usageOf } from '../process-usage.mjs';
import { Server } from '../server.mjs';
import { startRedis } from '../services/redis.mjs';
import { API_KEY, HOST } from '../wire.mjs';

const SCRIPT = path.join(import.meta.dirname, '..', '..', 'dist', 'server', 'main.js');

/** An app that agrees to everything. */
export async function startApp() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${server.address().port}`,
    stop: () => server.close(() => server.closeAllConnections()),
  };
}

/** @throws where there is no redis-server. */
export async function startBroker() {
  const redis = await startRedis({ load: undefined });
  if (redis === undefined) throw new Error('There is no redis-server here.');
  const operator = new Redis(redis.port);
  const numberIn = async (section, name) =>
    Number(new RegExp(`${name}:(\\d+)`).exec(await operator.info(section))[1]);
  return {
    url: `redis://${HOST}:${redis.port}`,
    operator,
    micros: () => redisMicros(operator),
    bytes: () => numberIn('memory', 'used_memory'),
    stop: async () => {
      operator.disconnect();
      await redis.stop();
    },
  };
}

/** Starts a gateway with these settings besides those that all have. */
export async function startGateway(configuration, { isCollectable = true } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'kittiwake-bench-'));
  const file = path.join(folder, 'kittiwake.json');
  const shared = {
    publish: { apiKeys: [API_KEY] },
    limits: { connectionsPerAddress: 0 },
    auth: { deadline: '0s' },
    log: { level: 'warn' },
  };
  await writeFile(file, JSON.stringify({ ...shared, ...configuration }));
  const environment = (port) => ({
    KITTIWAKE_PORT: String(port),
    KITTIWAKE_OPERATORS_PORT: '0',
    KITTIWAKE_CONFIG: file,
  });
  const server = await Server.start(
    { label: 'Kittiwake', name: 'kittiwake', dialect: 'plain', script: SCRIPT, environment },
    { isCollectable },
  );
  return {
    port: server.port,
    micros: () => usageOf(server.pid).cpuSeconds * 1e6,
    /** Of the process and its workers; where it is collectable, after a collection of garbage. */
    bytes: async () => (isCollectable ? (await server.collected()).residentBytes : residentBytes(server.pid)),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
