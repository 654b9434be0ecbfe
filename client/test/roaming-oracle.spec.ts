import { httpStream, webSocket } from 'kittiwake-client';
import WebSocket from 'ws';
import { RoamingWorld } from './roaming/roaming-world.js';
import { Roaming } from './roaming/roaming.js';
import { stoppedAfterEach } from '../../test/support/cleanup.js';
import { BUILD_TIMEOUT_MS, ensureBuilt } from '../../test/support/server-process.js';

const SECONDS = Number(process.env['KITTIWAKE_CHAOS_SECONDS'] ?? 4);
const CLIENTS = Number(process.env['KITTIWAKE_CHAOS_CLIENTS'] ?? 20);
const TIMEOUT_MS = SECONDS * 1000 + 180_000;

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

const stopped = stoppedAfterEach();

describe('chaos: clients that roam between two nodes get each publication once and in order, or are told', () => {
  it(
    'over WebSockets and over plain HTTP, while nodes are killed, drained and replaced',
    async () => {
      const world = stopped(
        await RoamingWorld.start({
          services: {
            books: { requireAuthentication: false, history: { size: 5000 } },
            plain: { requireAuthentication: false },
          },
        }),
      );
      const transports = [webSocket({ WebSocket }), httpStream()];
      const { faults, befell, ...report } = await new Roaming(world, CLIENTS, transports).run(SECONDS);
      const what = JSON.stringify({ ...report, befell });
      if (process.env['KITTIWAKE_CHAOS_TELL']) process.stderr.write(`${what}\n`);
      expect([what, faults.slice(0, 5)]).toEqual([what, []]);
      expect(Object.keys(befell)).toEqual(Object.keys(world.faults));
    },
    TIMEOUT_MS,
  );
});
