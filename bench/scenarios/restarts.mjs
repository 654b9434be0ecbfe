import { comparison } from '../report/comparison.mjs';
import { exact, threeDigits } from '../report/format.mjs';
import { inRounds } from '../samples.mjs';
import { Session } from '../session.mjs';

const CLIENTS = 2000;
const PER_SECOND = 20;
const CASES = [
  { label: 'a worker is killed with SIGKILL', disturbance: 'kill' },
  { label: 'all workers are replaced on SIGHUP', disturbance: 'roll' },
];

export const restarts = {
  title: 'Workers that are replaced in traffic',
  about:
    `${exact(CLIENTS)} subscribers on two workers, who come back at once when their connection ends, and ${PER_SECOND} ` +
    'publications per second, each over a connection of its own.',

  async run(bench) {
    const [kittiwake] = bench.targets.filter(({ name }) => name === 'kittiwake');
    if (kittiwake === undefined || process.platform !== 'linux')
      return { samples: [], tables: [], notes: ['Left out: it needs Kittiwake on Linux.'] };
    const samples = [];
    for (const { label, disturbance } of CASES) {
      bench.log(label);
      samples.push(...(await measure(kittiwake, { label, disturbance }, bench)));
    }
    return {
      samples,
      tables: [
        comparison({
          title: 'Seconds until all clients were back',
          samples,
          targets: [kittiwake],
          reference: undefined,
          format: threeDigits,
          figure: ({ secondsUntilBack }) => secondsUntilBack,
        }),
      ],
      notes: samples.map(noteOn),
    };
  },
};

async function measure(target, { label, disturbance }, { cores, most, rounds }) {
  const settings = { KITTIWAKE_WORKERS: '2', KITTIWAKE_SHUTDOWN_SPREAD: '1s' };
  const session = await Session.open(target, cores, { settings });
  try {
    const order = { count: Math.min(CLIENTS, most), perSecond: PER_SECOND, disturbance };
    return await inRounds(rounds, [session], label, () => session.comeBack(order));
  } finally {
    await session.close();
  }
}

function noteOn({ case: label, round, left, lost, published, tries, failures, mostPerSlice }) {
  return (
    `${label}, round ${round + 1}: ${exact(left)} clients came back, at most ${mostPerSlice} in a tenth of a second, with ` +
    `${failures} failed tries; of ${published} publications (${tries - published} tried again) ${lost} were lost to those ` +
    'who stayed, none after all were back.'
  );
}
