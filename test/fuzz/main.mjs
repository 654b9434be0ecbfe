import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const TARGETS = [
  'heads',
  'intake',
  'frames',
  'events',
  'tokens',
  'sessions',
  'redis',
  'rabbitmq',
  'json',
  'messagepack',
  'forms',
  'requests',
];
const USAGE = `npm run fuzz -- [--seed N] [--seconds N, of the whole run] [--only ${TARGETS.join('|')}]`;

/** Runs the tests that are named `fuzz: <target>`, for a time. */
function main() {
  const { seed, seconds, only } = flags();
  const targets = only === undefined ? TARGETS : [only];
  console.log(`fuzz: seed ${seed}, ${seconds} s, ${targets.join(', ')}`);
  const env = {
    ...process.env,
    KITTIWAKE_FUZZ_SEED: String(seed),
    KITTIWAKE_FUZZ_SECONDS: String(seconds / targets.length),
  };
  const names = `^fuzz: (${targets.join('|')}) `;
  const argv = ['run', 'jest', '--', 'test/.*fuzz', '--runInBand', '--testNamePattern', names];
  spawn('npm', argv, { env, stdio: 'inherit' }).on('exit', (code) => (process.exitCode = code ?? 1));
}

/** A run without a seed has one of its own, so that each looks elsewhere. */
function flags() {
  try {
    const text = { type: 'string' };
    const { values } = parseArgs({ options: { seed: text, seconds: text, only: text } });
    const seed = natural(values.seed ?? String(Date.now() % 1e9));
    const seconds = natural(values.seconds ?? '60');
    const { only } = values;
    if (typeof only === 'string' && !TARGETS.includes(only)) throw new Error(`no target ${only}`);
    return { seed, seconds, only };
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
