import { residentBytes } from '../process-usage.mjs';
import { comparison } from '../report/comparison.mjs';
import { exact, kib, mib } from '../report/format.mjs';
import { Session } from '../session.mjs';

/** The most KiB that Kittiwake may need for a connection of each kind. */
const KINDS = [
  { label: 'plain', most: 6.5, population: {} },
  {
    label: 'authenticated, with one subscription',
    most: 8,
    population: { topics: 1, isAuthenticated: true },
  },
];
const KIB = 1024;

export const memory = {
  title: 'Memory',
  about:
    'What one more idle connection costs: the growth of resident memory between two numbers of connections, by their ' +
    'difference, after a collection of garbage. Every sample gets a fresh process.',

  async run(bench) {
    if (residentBytes(process.pid) === undefined)
      return { samples: [], tables: [], notes: ['Left out: memory is read from /proc, as Linux has it.'] };
    const { targets, idle } = bench;
    const samples = [];
    for (let round = 0; round < bench.rounds; round++) {
      for (const kind of KINDS) {
        bench.log(`${kind.label}, round ${round + 1}`);
        for (const target of targets) samples.push({ round, ...(await measure(target, kind, bench)) });
      }
    }
    return {
      samples,
      tables: [
        comparison({
          title: `KiB per idle connection (${exact(idle.from)} to ${exact(idle.to)}; less is better)`,
          samples,
          targets,
          head: 'connection',
          figure: ({ bytesEach }) => bytesEach,
          format: kib,
          goals: Object.fromEntries(KINDS.map(({ label, most }) => [label, { value: most * KIB }])),
        }),
        comparison({
          title: 'MiB at the start (less is better)',
          samples: samples.map((sample) => ({ ...sample, case: 'no connection' })),
          targets,
          figure: ({ atStart }) => atStart,
          format: mib,
        }),
      ],
      notes: [],
    };
  },
};

async function measure(target, { label, population }, { idle, cores }) {
  const session = await Session.open(target, cores, { isCollectable: true });
  try {
    const atStart = (await session.server.collected()).residentBytes;
    await session.connect({ count: idle.from, ...population });
    const before = (await session.server.collected()).residentBytes;
    await session.connect({ count: idle.to, ...population });
    const after = (await session.server.collected()).residentBytes;
    const bytesEach = (after - before) / (idle.to - idle.from);
    return { target: target.name, case: label, atStart, before, after, bytesEach };
  } finally {
    await session.close();
  }
}
