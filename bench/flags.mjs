import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.mjs';
import { TARGET_NAMES } from './targets.mjs';

const scenarioNames = Object.keys(SCENARIOS);

export const HELP = `Usage: node bench/main.mjs [flags]

  --scenarios LIST     of ${scenarioNames.join(', ')} (all)
  --goals              only the goals: --scenarios goals
  --targets LIST       of ${TARGET_NAMES.join(', ')} (all); a name twice shows the noise
  --only TEXT          of the bursts, those whose name contains it
  --rounds N           measured rounds of each (3)
  --subscribers LIST   numbers of subscribers of one topic (1,100,5000,20000)
  --size N             bytes of the data of a publication (128)
  --idle FROM,TO       connections between which memory is compared (2000,8000)
  --crowd N            connections of the crowd (50000)
  --server-core N      core of the servers (0)
  --load-core N        core of the load generator (1)
  --no-pin             leave the cores to the kernel
  --deadline N         seconds after which the run fails (2400)
  --json FILE          where all samples are written (bench/results/results.json)
  --html FILE          where the page with charts is written (bench/results/results.html)
  --results            write bench/RESULTS.md, which is kept
  --profile DIR        write a CPU profile of Kittiwake there (--cpu-prof); figures are higher then
  --short              only check that nothing is lost or doubled, in a few seconds; exit code 1 if it is
  --help
`;

const OPTIONS = {
  scenarios: { type: 'string', default: scenarioNames.join() },
  goals: { type: 'boolean', default: false },
  targets: { type: 'string', default: TARGET_NAMES.join() },
  only: { type: 'string', default: '' },
  rounds: { type: 'string', default: '3' },
  subscribers: { type: 'string', default: '1,100,5000,20000' },
  size: { type: 'string', default: '128' },
  idle: { type: 'string', default: '2000,8000' },
  crowd: { type: 'string', default: '50000' },
  'server-core': { type: 'string', default: '0' },
  'load-core': { type: 'string', default: '1' },
  'no-pin': { type: 'boolean', default: false },
  deadline: { type: 'string', default: '2400' },
  json: { type: 'string' },
  html: { type: 'string' },
  results: { type: 'boolean', default: false },
  profile: { type: 'string' },
  short: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** @throws when a flag is unknown or its value is not one. */
export function readFlags(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const [from, to] = numbers(values, 'idle');
  if (!(to > from)) throw new Error('--idle needs two numbers, the larger one last: --idle 2000,8000');
  return {
    scenarios: values.goals ? ['goals'] : namesOf(values.scenarios),
    targets: values.targets.split(','),
    only: values.only,
    rounds: number(values, 'rounds'),
    subscribers: numbers(values, 'subscribers').toSorted((a, b) => a - b),
    dataBytes: number(values, 'size'),
    idle: { from, to },
    crowd: number(values, 'crowd'),
    cores: values['no-pin']
      ? {}
      : { server: number(values, 'server-core', 0), load: number(values, 'load-core', 0) },
    deadlineSeconds: number(values, 'deadline'),
    json: values.json,
    html: values.html,
    isKept: values.results,
    options: values.profile === undefined ? {} : { profileTo: values.profile },
    isShort: values.short,
    isHelp: values.help,
  };
}

function namesOf(list) {
  const names = list.split(',');
  const unknown = names.find((name) => SCENARIOS[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`there is no scenario "${unknown}", only ${scenarioNames.join(', ')}`);
  return names;
}

function numbers(values, name) {
  return values[name].split(',').map((text) => whole(text, name, 1));
}

function number(values, name, least = 1) {
  return whole(values[name], name, least);
}

function whole(text, name, least) {
  if (!/^\d+$/.test(text) || Number(text) < least)
    throw new Error(`--${name}: "${text}" is not a whole number from ${least}`);
  return Number(text);
}
