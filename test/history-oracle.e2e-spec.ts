import { chaos, type ChaosReport } from './chaos/chaos.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';

const SEED = Number(process.env['KITTIWAKE_CHAOS_SEED'] ?? 1);
const SECONDS = Number(process.env['KITTIWAKE_CHAOS_SECONDS'] ?? 4);
const TIMEOUT_MS = SECONDS * 1000 + 60_000;

const SERVICES = { books: { requireAuthentication: false, history: { size: 60 } } };

const stopped = stoppedAfterEach();

/** A run that found nothing, and in which enough happened for it to find something. */
function expectClean({ faults, journeys, published, ...rest }: ChaosReport): void {
  const what = JSON.stringify({ journeys, published, ...rest });
  expect([what, faults.slice(0, 5)]).toEqual([what, []]);
  expect(published).toBeGreaterThan(300);
  expect(journeys.recovered).toBeGreaterThan(50);
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
});
