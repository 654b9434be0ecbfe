import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const USAGE =
  'npm run chaos -- [--seed N, the first] [--runs N] [--seconds N, of each run] [--clients N, that roam] [--only TEXT, of names]';

/** Runs the tests that are named `chaos`, each time with another seed. */
function main() {
  const { seed, runs, seconds, clients, only } = flags();
  let failed = 0;
  for (let run = 0; run < runs; run++) {
    console.log(`chaos: seed ${seed + run}, ${seconds} s`);
    const env = {
      ...process.env,
      KITTIWAKE_CHAOS_SEED: String(seed + run),
      KITTIWAKE_CHAOS_SECONDS: String(seconds),
      KITTIWAKE_CHAOS_CLIENTS: String(clients),
      KITTIWAKE_CHAOS_TELL: '1',
    };
    const argv = [
      'run',
      'jest',
      '--',
      'test/.*oracle',
      '--runInBand',
      '--testNamePattern',
      `^chaos.*${only}`,
    ];
    if (spawnSync('npm', argv, { env, stdio: 'inherit' }).status !== 0) failed++;
  }
  console.log(`chaos: ${failed} of ${runs} runs found something`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** A run without a seed has one of its own, so that each looks elsewhere. */
function flags() {
  try {
    const text = { type: 'string' };
    const { values } = parseArgs({
      options: { seed: text, runs: text, seconds: text, clients: text, only: text },
    });
    return {
      seed: natural(values.seed ?? String(Date.now() % 1e8)),
      runs: natural(values.runs ?? '3'),
      seconds: natural(values.seconds ?? '30'),
      clients: natural(values.clients ?? '200'),
      only: String(values.only ?? ''),
    };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return process.exit(2);
  }
}

function natural(text) {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is no number`);
  return Number(text);
}

main();
