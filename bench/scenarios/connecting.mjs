import { comparison } from '../report/comparison.mjs';
import { exact, threeDigits } from '../report/format.mjs';
import { inRounds, notesOn } from '../samples.mjs';
import { withSessions } from '../with-sessions.mjs';

const CONNECTIONS = 8000;
const CASES = [
  { label: 'accepted', population: {} },
  { label: 'accepted and subscribed', population: { topics: 1 } },
];

/** CPU of Kittiwake per accepted and subscribed connection against bare ws, at most. */
const GOALS = { 'accepted and subscribed': { ratio: 1.2 } };

export const connecting = {
  title: 'Connecting',
  about: `${exact(CONNECTIONS)} connections, 100 handshakes at a time, to a server that has had as many before.`,

  async run(bench) {
    const { targets } = bench;
    const count = Math.min(CONNECTIONS, bench.most);
    const samples = await withSessions(targets, bench, async (sessions) => {
      const all = [];
      for (const { label, population } of CASES) {
        bench.log(label);
        for (const session of sessions) await connectOnce(session, { count, ...population });
        const take = (session) => connectOnce(session, { count, ...population });
        all.push(...(await inRounds(bench.rounds, sessions, label, take)));
      }
      return all;
    });
    return {
      samples,
      tables: [
        comparison({
          title: 'CPU microseconds of the server per connection (less is better)',
          samples,
          targets,
          figure: ({ cpuMicrosecondsEach }) => cpuMicrosecondsEach,
          format: threeDigits,
          goals: GOALS,
        }),
        comparison({
          title: 'Connections per second (more is better; ≥: the load generator was the bottleneck)',
          samples,
          targets,
          figure: ({ perSecond }) => perSecond,
          isLessBetter: false,
          isBound: true,
        }),
      ],
      notes: notesOn(samples),
    };
  },
};

async function connectOnce(session, population) {
  const { count } = population;
  const counted = await session.connect(population);
  await session.disconnect();
  const { seconds, serverCpuSeconds: cpu } = counted;
  return {
    ...counted,
    perSecond: count / seconds,
    cpuMicrosecondsEach: cpu === undefined ? undefined : (cpu / count) * 1e6,
  };
}
