import { measureBursts } from '../bursts.mjs';
import { comparison } from '../report/comparison.mjs';
import { notesOn } from '../samples.mjs';
import { withSessions } from '../with-sessions.mjs';

const COUNTS = [1, 2];
const CASES = [8, 1].map((underWay) => ({
  label: `1,000 subscribers, ${underWay} under way`,
  population: { count: 1000, topics: 1 },
  burst: { underWay, dataBytes: 128 },
  // Through one worker: those that come in by several reach the subscribers of each in another order.
  publishing: { connections: 1, depth: 8 },
}));

/** With fewer cores than this the load generator and the workers take them from each other. */
const ENOUGH_CORES = 3;

/** Two workers must deliver at least so many times as much per second. */
const GOAL = 1.6;

export const workers = {
  title: 'Two workers against one',
  about: 'One gateway with one and with two workers, on all cores but that of the load generator.',

  async run(bench) {
    const [kittiwake] = bench.targets.filter(({ name }) => name === 'kittiwake');
    if (kittiwake === undefined) return { samples: [], tables: [], notes: [] };
    const targets = COUNTS.map((count) => withWorkers(kittiwake, count));
    const { cores, note } = coresFor(bench);
    const measure = (sessions) => measureBursts(sessions, CASES, bench);
    let samples;
    try {
      samples = await withSessions(targets, { cores }, measure);
    } catch (error) {
      if (!error.message.includes('KITTIWAKE_WORKERS')) throw error;
      return { samples: [], tables: [], notes: ['Left out: this build has no workers.'] };
    }
    return { samples, tables: tablesOf(samples, targets), notes: [...note, ...notesOn(samples)] };
  },
};

function withWorkers(target, count) {
  return {
    ...target,
    name: `workers-${count}`,
    label: count === 1 ? '1 worker' : `${count} workers`,
    environment: (port) => ({ ...target.environment(port), KITTIWAKE_WORKERS: String(count) }),
  };
}

/** The servers get all cores but one; where there are too few, all of them. */
function coresFor({ cores, machine }) {
  if (cores.load === undefined) return { cores, note: [] };
  const all = Array.from({ length: machine.cores }, (_, core) => core);
  if (machine.cores >= ENOUGH_CORES) {
    const server = all.filter((core) => core !== cores.load).join();
    return { cores: { ...cores, server }, note: [] };
  }
  return {
    cores: { ...cores, server: all.join() },
    note: [
      `With ${machine.cores} cores the second worker shares one with the load generator: deliveries per second cannot ` +
        'double here. CPU per delivery shows what the second worker costs.',
    ],
  };
}

function tablesOf(samples, targets) {
  const of = { samples, targets, reference: 'workers-1' };
  return [
    comparison({
      ...of,
      title: `Deliveries per second (more is better; goal: at least ${GOAL}×)`,
      figure: ({ deliveriesPerSecond }) => deliveriesPerSecond,
      isLessBetter: false,
      isBound: true,
    }),
    comparison({
      ...of,
      title: 'CPU seconds of all processes of the server per million deliveries (less is better)',
      figure: ({ cpuPerMillion }) => cpuPerMillion,
    }),
  ];
}
