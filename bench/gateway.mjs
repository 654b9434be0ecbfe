/** A gateway with a configuration of its own, as a process of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { residentBytes, usageOf } from './process-usage.mjs';
import { Server } from './server.mjs';
import { API_KEY, HOST } from './wire.mjs';

const SCRIPT = path.join(import.meta.dirname, '..', 'dist', 'server', 'main.js');

/** What all have, unless their configuration says otherwise. */
const SHARED = {
  publish: { apiKeys: [API_KEY] },
  limits: { connectionsPerAddress: 0 },
  auth: { deadline: '0s' },
  log: { level: 'error' },
};

/** Starts one, ready. Its memory can be read after a collection of garbage where it is collectable. */
export async function startGateway(configuration, { isCollectable = false } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'kittiwake-bench-'));
  const file = path.join(folder, 'kittiwake.json');
  await writeFile(file, JSON.stringify({ ...SHARED, ...configuration }));
  const environment = (port) => ({
    KITTIWAKE_PORT: String(port),
    KITTIWAKE_OPERATORS_PORT: '0',
    KITTIWAKE_CONFIG: file,
  });
  const server = await Server.start(
    { label: 'Kittiwake', name: 'kittiwake', dialect: 'plain', script: SCRIPT, environment },
    { isCollectable },
  );
  const { port, pid } = server;
  const ended = async (end) => {
    await end();
    await rm(folder, { recursive: true });
  };
  return {
    port,
    url: `ws://${HOST}:${port}/ws`,
    /** The CPU time that it and its workers have taken, in microseconds. */
    micros: () => usageOf(pid).cpuSeconds * 1e6,
    /** The resident memory of it and its workers. */
    bytes: async () => (isCollectable ? (await server.collected()).residentBytes : residentBytes(pid)),
    stop: () => ended(() => server.stop()),
    kill: () => ended(() => server.kill()),
  };
}
