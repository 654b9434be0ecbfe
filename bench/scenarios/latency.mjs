import { comparison } from '../report/comparison.mjs';
import { exact, threeDigits } from '../report/format.mjs';
import { inRounds, notesOn } from '../samples.mjs';
import { withSessions } from '../with-sessions.mjs';

const SUBSCRIBERS = [100, 1000];
const SECONDS = 4;
const PUBLISHING = { connections: 1, depth: 128 };

/** Of the rate at which the reference has no time left. */
const SHARE = 0.5;
const RATE_WITHOUT_REFERENCE = 40_000;

/** Kittiwake's p99 against that of bare ws, at most. */
const GOAL = { ratio: 1.3 };

export const latency = {
  title: 'Latency',
  about:
    'From the writing of the request that publishes to the reading of the frame, at a fixed rate for all: half of what ' +
    'bare ws can do, measured just before.',

  async run(bench) {
    const { targets, dataBytes } = bench;
    const cases = [];
    const samples = await withSessions(targets, bench, async (sessions) => {
      const all = [];
      for (const count of SUBSCRIBERS) {
        for (const session of sessions) await session.connect({ count, topics: 1 });
        const perSecond = Math.max(1, Math.round((await halfRate(sessions, dataBytes)) / count));
        const label = `${exact(count)} subscribers, ${exact(perSecond)} publications per second`;
        cases.push(label);
        all.push(...(await measure(sessions, { label, perSecond }, bench)));
      }
      return all;
    });
    const of = { samples, targets };
    return {
      samples,
      tables: [
        quantile('p50', { ...of, figure: ({ p50Ms }) => p50Ms }),
        quantile('p99', {
          ...of,
          figure: ({ p99Ms }) => p99Ms,
          goals: Object.fromEntries(cases.map((label) => [label, GOAL])),
        }),
        quantile('p99.9', { ...of, figure: ({ p999Ms }) => p999Ms }),
      ],
      notes: [lagNote(samples), ...notesOn(samples)],
    };
  },
};

async function measure(sessions, { label, perSecond }, { rounds, dataBytes, log }) {
  log(label);
  const streams = [{ topic: 0, perSecond, dataBytes }];
  const order = { publishing: PUBLISHING, streams };
  for (const session of sessions) await session.publishSteadily({ ...order, seconds: 1 });
  return inRounds(rounds, sessions, label, (session) =>
    session.publishSteadily({ ...order, seconds: SECONDS }),
  );
}

/** Deliveries per second. */
async function halfRate(sessions, dataBytes) {
  const reference = sessions.find(({ target }) => target.name === 'ws');
  if (reference === undefined) return RATE_WITHOUT_REFERENCE;
  const order = { topics: 1, underWay: 8, dataBytes, publishing: PUBLISHING };
  let rate = 0;
  for (const publications of [100, 400]) {
    const { deliveries, seconds } = await reference.publish({ ...order, publications });
    rate = deliveries / seconds;
  }
  return rate * SHARE;
}

function quantile(name, options) {
  return comparison({
    title: `Latency ${name} in milliseconds (less is better)`,
    format: threeDigits,
    ...options,
  });
}

function lagNote(samples) {
  const worst = Math.max(...samples.map(({ lagP99Ms }) => lagP99Ms));
  return (
    'A part of it is the load generator, which reads one frame after the other. It was late with its own requests by ' +
    `at most ${threeDigits(worst)} ms (p99).`
  );
}
