import { chaos, type ChaosReport } from './chaos/chaos.js';
import { RedisWorld } from './chaos/redis-world.js';
import { Chance } from './support/chance.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { BUILD_TIMEOUT_MS, ensureBuilt } from './support/server-process.js';
import { TestGateway } from './support/gateway.js';

const SEED = Number(process.env['KITTIWAKE_CHAOS_SEED'] ?? 1);
const SECONDS = Number(process.env['KITTIWAKE_CHAOS_SECONDS'] ?? 4);
const TIMEOUT_MS = SECONDS * 1000 + 60_000;

const SERVICES = { books: { requireAuthentication: false, history: { size: 60 } } };

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

const stopped = stoppedAfterEach();

/** A run that found nothing. */
function expectClean({ faults, journeys, published, ...rest }: ChaosReport): void {
  const what = JSON.stringify({ journeys, published, ...rest });
  if (process.env['KITTIWAKE_CHAOS_TELL']) process.stderr.write(`${what}\n`);
  expect([what, faults.slice(0, 5)]).toEqual([what, []]);
}

describe('chaos: everybody gets all publications once and in order, or is told', () => {
  it(
    'memory: of one process',
    async () => {
      const gateway = stopped(await TestGateway.start({ services: SERVICES }));
      expectClean(await chaos({ nodes: () => [gateway.httpUrl], faults: {} }, SECONDS, SEED));
    },
    TIMEOUT_MS,
  );

  it(
    'redis: of three nodes on a Redis that is cut off, emptied, stalled and replaced',
    async () => {
      const options = { services: SERVICES, history: { checkPeriod: '200ms' } };
      const world = stopped(await RedisWorld.start(options, new Chance(SEED)));
      const report = await chaos(world, SECONDS, SEED);
      expectClean(report);
      expect(Object.keys(report.befell)).toEqual(Object.keys(world.faults));
    },
    TIMEOUT_MS,
  );
});
