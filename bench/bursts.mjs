import { inRounds } from './samples.mjs';
import { warmUp } from './warm-up.mjs';

const FIRST_PUBLICATIONS = 6000;

/** So that no burst is a single block. */
const LEAST_BLOCKS = 2;

/**
 * Measures bursts of publications. A case is `{ label, population, burst, publishing }`, see `Session.connect` and
 * `Session.publish`; cases with the same population, or a larger one of the same kind, keep its connections. Every
 * subscriber is checked to get every publication exactly once.
 */
export async function measureBursts(sessions, cases, { rounds, isShort, only = '', log }) {
  const samples = [];
  const chosen = cases.filter(({ label }) => label.includes(only));
  if (chosen.length === 0) return samples;
  if (!isShort) for (const session of sessions) await warmUpIntake(session, chosen[0]);
  for (const { label, population, burst, publishing } of chosen) {
    log(label);
    for (const session of sessions) await session.connect(population);
    const order = { ...burst, topics: population.topics, publishing };
    const publications = new Map();
    for (const session of sessions)
      publications.set(session, isShort ? burst.publications : await sizeOf(session, order));
    const take = async (session) => {
      const counted = await session.publish({ ...order, publications: publications.get(session) });
      check(counted, population, session.target.label);
      return figuresOf(counted);
    };
    samples.push(...(await inRounds(rounds, sessions, label, take)));
  }
  return samples;
}

/** Until the compilers of V8 are done with the path of a publication, whatever it is delivered to. */
async function warmUpIntake(session, { population, burst, publishing }) {
  await session.connect({ ...population, count: 1, topics: 1, topicsEach: 1 });
  await session.publish({ ...burst, topics: 1, publishing, publications: FIRST_PUBLICATIONS });
}

function sizeOf(session, order) {
  return warmUp(order.underWay * LEAST_BLOCKS, (publications) => session.publish({ ...order, publications }));
}

function check({ publications, deliveries }, { count, topics, topicsEach = 1 }, label) {
  const expected = (publications * count * topicsEach) / topics;
  if (deliveries !== expected) throw new Error(`${label}: ${deliveries} deliveries instead of ${expected}`);
}

function figuresOf(counted) {
  const { publications, deliveries, seconds, serverCpuSeconds: cpu } = counted;
  return {
    ...counted,
    cpuPerMillion: cpu === undefined ? undefined : (cpu / deliveries) * 1e6,
    cpuPerMillionPublications: cpu === undefined ? undefined : (cpu / publications) * 1e6,
    deliveriesPerSecond: deliveries / seconds,
    publicationsPerSecond: publications / seconds,
  };
}
