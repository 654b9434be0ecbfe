import { median } from './statistics.mjs';

/** The load generator is the bottleneck when it uses more of its core than this, and the server less of its own. */
const SATURATED = 0.9;

/**
 * Takes samples round by round, of every session in turn (A B C A B C), so that a machine that becomes slower or busier
 * does so for all of them. `take(session, round)` returns the figures of one sample, or undefined to leave it out.
 */
export async function inRounds(rounds, sessions, label, take) {
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    for (const session of sessions) {
      const figures = await take(session, round);
      if (figures === undefined) continue;
      const { name: target, label: server } = session.target;
      samples.push({ target, server, case: label, round, ...figures, ...sharesOf(figures) });
    }
  }
  return samples;
}

/** Which part of the time the processes ran, and the server could not because something else did. */
function sharesOf({ seconds, serverCpuSeconds, serverWaitedSeconds, loadCpuSeconds }) {
  if (seconds === undefined) return {};
  const load = loadCpuSeconds / seconds;
  const server = serverCpuSeconds === undefined ? undefined : serverCpuSeconds / seconds;
  return {
    loadShare: load,
    serverShare: server,
    waitedShare: serverWaitedSeconds === undefined ? undefined : serverWaitedSeconds / seconds,
    isLoadBottleneck: load > SATURATED && !(server > SATURATED),
  };
}

/** What a reader must know about these samples: where the load generator was the bottleneck, and how busy the machine was. */
export function notesOn(samples) {
  const notes = [];
  const bounded = new Set(samples.filter(({ isLoadBottleneck }) => isLoadBottleneck).map(nameOf));
  if (bounded.size > 0) {
    notes.push(
      `The load generator was the bottleneck (more than ${SATURATED * 100} % of its core, the server less) for ` +
        `${[...bounded].join('; ')}. Throughput is at least what is shown; CPU per delivery is valid.`,
    );
  }
  const waited = samples.flatMap(({ waitedShare }) => (waitedShare === undefined ? [] : [waitedShare]));
  if (waited.length > 0) {
    const [middle, most] = [median(waited), Math.max(...waited)].map((share) => (share * 100).toFixed(0));
    notes.push(
      `Servers waited for their core, which something else used, ${middle} % of the time (median of all samples; ` +
        `at most ${most} %).`,
    );
  }
  return notes;
}

function nameOf({ server, case: label }) {
  return `${server}, ${label}`;
}
