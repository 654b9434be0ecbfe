import { measureBursts } from '../bursts.mjs';
import { comparison } from '../report/comparison.mjs';
import { exact } from '../report/format.mjs';
import { notesOn } from '../samples.mjs';
import { withSessions } from '../with-sessions.mjs';

/** Publications under way at a time: one, and as when a service publishes in bursts. */
const UNDER_WAY = [1, 8];
const TOPICS = 5000;

export const deliveries = {
  title: 'Deliveries',
  about:
    'Subscribers of one topic, and many topics with one subscriber each. Publications go in by HTTP, over as many ' +
    'connections as are under way, each with its next when all have the one before.',

  async run(bench) {
    const { targets, dataBytes, most } = bench;
    const cases = bench.subscribers.flatMap((count) => casesOf(Math.min(count, most), 1, dataBytes));
    cases.push(...casesOf(Math.min(TOPICS, most), Math.min(TOPICS, most), dataBytes));
    const samples = await withSessions(targets, bench, (sessions) => measureBursts(sessions, cases, bench));
    const of = { samples, targets, head: 'subscribers' };
    return {
      samples,
      tables: [
        comparison({
          ...of,
          title: 'CPU seconds of the server per million deliveries (less is better)',
          figure: ({ cpuPerMillion }) => cpuPerMillion,
        }),
        comparison({
          ...of,
          title: 'Deliveries per second (more is better; ≥: the load generator was the bottleneck)',
          figure: ({ deliveriesPerSecond }) => deliveriesPerSecond,
          isLessBetter: false,
          isBound: true,
        }),
      ],
      notes: [...limitNotes(bench), sizesOf(samples, targets), ...notesOn(samples)],
    };
  },
};

function casesOf(count, topics, dataBytes) {
  const where = topics === 1 ? exact(count) : `${exact(topics)} topics, one each`;
  return UNDER_WAY.map((underWay) => ({
    label: `${where}, ${underWay} under way`,
    population: { count, topics },
    burst: { underWay, dataBytes },
    publishing: { connections: underWay },
  }));
}

function limitNotes({ subscribers, most }) {
  const largest = Math.max(...subscribers);
  if (largest <= most) return [];
  return [`${exact(most)} subscribers instead of ${exact(largest)}: ulimit -n allows no more.`];
}

function sizesOf(samples, targets) {
  const sizes = targets.map(
    ({ name, label }) => `${label} ${samples.find(({ target }) => target === name)?.frameBytes}`,
  );
  return `Bytes per message: ${sizes.join(', ')}.`;
}
