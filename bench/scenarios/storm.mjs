import { setTimeout as wait } from 'node:timers/promises';
import { comparison } from '../report/comparison.mjs';
import { exact, threeDigits } from '../report/format.mjs';
import { inRounds, notesOn } from '../samples.mjs';
import { withSessions } from '../with-sessions.mjs';

const HERE = { count: 200, topics: 1 };
/** What those that are there get meanwhile. */
const STREAM = { topic: 0, perSecond: 100 };
const SECONDS = 6;

/** Those that come, for a topic of their own; as many as a backlog takes are under way. */
const COMING = { count: 5000, topics: 1, firstTopic: 1, atATime: 500 };
const COME_AFTER_MS = 500;

const NAMES = ['kittiwake', 'ws'];
const CALM = 'calm';
const STORM = `${exact(COMING.count)} come`;

export const storm = {
  title: 'An accept storm',
  about:
    `${exact(HERE.count)} subscribers get ${STREAM.perSecond} publications per second while ${exact(COMING.count)} clients ` +
    `connect and subscribe, ${exact(COMING.atATime)} at a time, from a load generator of their own. Kittiwake lets in 16 per ` +
    'turn of its event loop, as it comes, or as many as come.',

  async run(bench) {
    const targets = bench.targets.filter(({ name }) => NAMES.includes(name)).flatMap(withAndWithoutLimit);
    const samples = await withSessions(targets, bench, async (sessions) => {
      const all = [];
      for (const session of sessions) await session.connect(HERE);
      for (const label of [CALM, STORM]) {
        bench.log(label);
        const take = (session) => measure(session, label, bench);
        for (const session of sessions) await take(session); // warm-up
        all.push(...(await inRounds(bench.rounds, sessions, label, take)));
      }
      return all;
    });
    const of = { samples, targets };
    return {
      samples,
      tables: [
        quantile('p99', { ...of, figure: ({ p99Ms }) => p99Ms }),
        quantile('maximum', { ...of, figure: ({ maxMs }) => maxMs }),
        comparison({
          ...of,
          samples: samples.filter((sample) => sample.case === STORM),
          title: 'Connected and subscribed per second meanwhile (more is better)',
          figure: ({ comingPerSecond }) => comingPerSecond,
          isLessBetter: false,
        }),
      ],
      notes: notesOn(samples),
    };
  },
};

function withAndWithoutLimit(target) {
  if (target.name !== 'kittiwake') return [target];
  const environment = (port) => ({ ...target.environment(port), KITTIWAKE_LIMITS_ACCEPTS_PER_TICK: '0' });
  return [target, { ...target, name: 'unlimited', label: 'Kittiwake, no limit', environment }];
}

async function measure(session, label, { cores, dataBytes, most }) {
  const publishing = { connections: 1, depth: 128 };
  const publish = () =>
    session.publishSteadily({ publishing, streams: [{ ...STREAM, dataBytes }], seconds: SECONDS });
  if (label === CALM) return publish();
  const others = session.another(cores);
  try {
    const [figures, comingPerSecond] = await Promise.all([publish(), come(others, most)]);
    await others.disconnect(); // what that costs is not of interest here
    return { ...figures, comingPerSecond };
  } finally {
    await others.leave();
  }
}

async function come(others, most) {
  await wait(COME_AFTER_MS);
  const count = Math.min(COMING.count, most - HERE.count);
  const { seconds } = await others.connect({ ...COMING, count });
  return count / seconds;
}

function quantile(name, of) {
  return comparison({
    ...of,
    title: `Latency of those that are there, ${name} in milliseconds (less is better)`,
    format: threeDigits,
  });
}
