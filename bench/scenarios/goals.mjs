import { measureBursts } from '../bursts.mjs';
import { measureExchanges } from '../exchanges.mjs';
import { comparison } from '../report/comparison.mjs';
import { notesOn } from '../samples.mjs';
import { limitTarget } from '../targets.mjs';
import { withSessions } from '../with-sessions.mjs';

/** One connection on which requests follow one another without waiting, as many as may be under way. */
const PIPELINED = { connections: 1, depth: 128 };

/** The most that Kittiwake may need, as a multiple of LIMIT-C, and what is measured. */
const GOALS = [
  {
    label: 'wide, 8 under way',
    most: 0.35,
    population: { count: 1000, topics: 1 },
    burst: { underWay: 8, dataBytes: 128 },
  },
  {
    label: 'wide, 1 under way',
    most: 1.4,
    population: { count: 1000, topics: 1 },
    burst: { underWay: 1, dataBytes: 128 },
  },
  {
    label: 'narrow',
    most: 1.5,
    population: { count: 2000, topics: 400 },
    burst: { underWay: 64, dataBytes: 128 },
  },
  {
    label: 'single',
    most: 2.2,
    population: { count: 200, topics: 200 },
    burst: { underWay: 64, dataBytes: 128 },
  },
  {
    label: 'multi',
    most: 0.35,
    population: { count: 1000, topics: 100, topicsEach: 10 },
    burst: { underWay: 32, dataBytes: 128 },
  },
  {
    label: '4 KiB',
    most: 0.8,
    population: { count: 500, topics: 1 },
    burst: { underWay: 4, dataBytes: 4096, isBlocks: true },
  },
];

const INBOUND = {
  label: 'inbound',
  most: 1.8,
  population: { count: 200, topics: 200 },
  exchange: { kind: 'ping', connections: 100, depth: 4 },
};

export const goals = {
  title: 'Goals',
  about:
    'CPU of the server per delivery, against LIMIT-C, a server in C that does one send() of ready bytes per delivery: ' +
    'what this kernel asks for a delivery if nothing is joined. wide: 1,000 subscribers of one topic. narrow: 400 topics ' +
    'of 5, 64 under way. single: 200 topics of 1, 64 under way, so mostly the cost of taking a publication in by HTTP. ' +
    'multi: 1,000 connections in 10 of 100 topics each, 32 under way. 4 KiB: 500 subscribers, four publications at once. ' +
    'inbound: the ping of a client and its answer, 100 connections with 4 each. Otherwise 128 bytes of data, and one ' +
    'connection that publishes without waiting for answers.',

  async run(bench) {
    const { target: limit, reason } = limitTarget();
    const targets = limit === undefined ? bench.targets : [limit, ...bench.targets];
    const cases = GOALS.map((goal) => ({ ...goal, publishing: PIPELINED }));
    const samples = await withSessions(targets, bench, async (sessions) => [
      ...(await measureBursts(sessions, cases, bench)),
      ...(await measureInbound(sessions, bench)),
    ]);
    const table = comparison({
      title: 'CPU seconds of the server per million deliveries (ratio to LIMIT-C; less is better)',
      samples,
      targets,
      figure: ({ cpuPerMillion }) => cpuPerMillion,
      reference: 'limit',
      goals: Object.fromEntries([...GOALS, INBOUND].map(({ label, most }) => [label, { ratio: most }])),
    });
    return { samples, tables: [table], notes: [...(reason ? [reason] : []), ...notesOn(samples)] };
  },
};

async function measureInbound(sessions, bench) {
  const { label, population, exchange } = INBOUND;
  if (!label.includes(bench.only)) return [];
  for (const session of sessions) await session.connect(population);
  return measureExchanges(sessions, label, bench, (session, questions) =>
    session.exchange({ ...exchange, questions }),
  );
}
