import { measureBursts } from './bursts.mjs';
import { exact } from './report/format.mjs';
import { withSessions } from './with-sessions.mjs';

const PUBLICATIONS = 40;
const POPULATIONS = [
  { count: 1, topics: 1 },
  { count: 100, topics: 1 },
  { count: 500, topics: 1 },
  { count: 100, topics: 20, topicsEach: 10 },
];

/** Checks that every subscriber gets every publication exactly once, and takes no times. Returns lines that say so. */
export async function checkCounts(bench) {
  const cases = POPULATIONS.flatMap((population) =>
    [1, 8].map((underWay) => ({
      label: `${population.count} connections, ${population.topics} topics, ${underWay} under way`,
      population,
      burst: { underWay, dataBytes: bench.dataBytes, publications: PUBLICATIONS },
      publishing: { connections: underWay },
    })),
  );
  const samples = await withSessions(bench.targets, bench, (sessions) =>
    measureBursts(sessions, cases, { ...bench, rounds: 1, isShort: true }),
  );
  return bench.targets.map(({ name, label }) => {
    const own = samples.filter(({ target }) => target === name);
    const sum = (figure) => exact(own.reduce((total, sample) => total + sample[figure], 0));
    return `${label}: ${sum('publications')} publications, ${sum('deliveries')} deliveries, each exactly once and in order`;
  });
}
