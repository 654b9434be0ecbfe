import { residentBytes } from '../process-usage.mjs';
import { comparison } from '../report/comparison.mjs';
import { exact, mib, threeDigits } from '../report/format.mjs';
import { inRounds, notesOn } from '../samples.mjs';
import { Session } from '../session.mjs';

const SUBSCRIBERS = 10_000;
const SECONDS = 8;
const NAMES = ['kittiwake', 'ws'];

/** All get these; how long they take is measured. */
const SHARED = { topic: 0, perSecond: 2 };
/** Only the slow one is meant: with what all get, it would take minutes until anything piles up. */
const BULK = { topic: 1, perSecond: 32, dataBytes: 64 * 1024 };
const LAST = -1;

/** What may wait for a connection in Kittiwake; the peer has no limit. */
const OUTBOX = '1MiB';

/** The p99 of the others against a run in which all read, at most. */
const GOAL = 1.2;
const MEMORY_EVERY_MS = 100;

const ALL_READ = 'all read';
const ONE_DOES_NOT = 'one does not';

export const slowReader = {
  title: 'A reader that does not read',
  about:
    `${exact(SUBSCRIBERS)} subscribers of one topic; the last one also has a topic with ${BULK.perSecond} publications of ` +
    `64 KiB per second. In one run all read; in the other the last one reads nothing. Kittiwake has limits.outboxBytes at ` +
    `${OUTBOX} and treats it by the policy of the service; bare ws has no limit.`,

  async run(bench) {
    const targets = bench.targets.filter(({ name }) => NAMES.includes(name));
    const sessions = [];
    try {
      for (const target of targets) sessions.push(await open(target, bench));
      const samples = [];
      for (const label of [ALL_READ, ONE_DOES_NOT]) await take(sessions, label, bench); // warm-up
      for (let round = 0; round < bench.rounds; round++) {
        for (const label of [ALL_READ, ONE_DOES_NOT]) {
          bench.log(`${label}, round ${round + 1}`);
          samples.push(...(await take(sessions, label, bench)).map((sample) => ({ ...sample, round })));
        }
      }
      return {
        samples,
        tables: tablesOf(samples, targets),
        notes: [...endings(samples), ...notesOn(samples)],
      };
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  },
};

async function open(target, { cores, most }) {
  const settings = target.name === 'kittiwake' ? { KITTIWAKE_LIMITS_OUTBOX_BYTES: OUTBOX } : {};
  const session = await Session.open(target, cores, { settings });
  await session.connect({ count: Math.min(SUBSCRIBERS, most), topics: 1 });
  return session;
}

function take(sessions, label, { dataBytes, most }) {
  const count = Math.min(SUBSCRIBERS, most);
  return inRounds(1, sessions, label, async (session) => {
    await session.connect({ count, topics: 1 });
    await session.subscribe(LAST, BULK.topic);
    if (label === ONE_DOES_NOT) await session.stopReading(LAST);
    const streams = [{ ...SHARED, dataBytes }, BULK];
    const { peakBytes, ...figures } = await whileWatched(session.server.pid, () =>
      session.publishSteadily({ publishing: { depth: 128 }, streams, seconds: SECONDS }),
    );
    const end = label === ONE_DOES_NOT ? await session.readRest(LAST) : {};
    await session.closeLast();
    return { ...figures, peakBytes, ...end };
  });
}

/** Adds the largest resident memory of the server meanwhile, above what it was at the start. */
async function whileWatched(pid, run) {
  const before = residentBytes(pid);
  let most = before;
  const watch = () => (most = Math.max(most, residentBytes(pid)));
  const timer = before === undefined ? undefined : setInterval(watch, MEMORY_EVERY_MS);
  try {
    const figures = await run();
    return { ...figures, peakBytes: before === undefined ? undefined : most - before };
  } finally {
    clearInterval(timer);
  }
}

function tablesOf(samples, targets) {
  const of = { targets, format: threeDigits };
  return [
    comparison({
      ...of,
      title: 'Latency p99 of all others in milliseconds (less is better)',
      samples,
      figure: ({ p99Ms }) => p99Ms,
    }),
    comparison({
      ...of,
      title: 'The same as a multiple of the run in which all read (less is better)',
      samples: ratios(samples),
      reference: undefined,
      figure: ({ ratio }) => ratio,
      goals: { [ONE_DOES_NOT]: { value: GOAL } },
    }),
    comparison({
      ...of,
      title: 'MiB by which resident memory grew meanwhile (less is better)',
      samples,
      reference: undefined,
      figure: ({ peakBytes }) => peakBytes,
      format: mib,
    }),
  ];
}

function ratios(samples) {
  return samples
    .filter((sample) => sample.case === ONE_DOES_NOT)
    .map((sample) => {
      const { target, round } = sample;
      const other = samples.find(
        (one) => one.case === ALL_READ && one.target === target && one.round === round,
      );
      return { target, round, case: ONE_DOES_NOT, ratio: sample.p99Ms / other.p99Ms };
    });
}

/** What became of the one that does not read. */
function endings(samples) {
  const slow = samples.filter((sample) => sample.case === ONE_DOES_NOT);
  return [...new Set(slow.map(({ server }) => server))].map((server) => {
    const own = slow.filter((sample) => sample.server === server);
    const closed = own.filter(({ isClosed }) => isClosed);
    const codes = [...new Set(closed.map(({ closeCode }) => closeCode ?? 'no code'))].join(', ');
    const most = mib(Math.max(...own.map(({ bytes }) => bytes)));
    const how =
      closed.length === 0 ? 'never closed' : `closed in ${closed.length} of ${own.length} runs (${codes})`;
    return `${server}: the one that does not read was ${how}; at most ${most} MiB were left for it to read, in the kernel.`;
  });
}
