import { parseArgs } from 'node:util';
import { REFERENCE, TARGET_NAMES } from './targets.mjs';

export const HELP = `Usage: node bench/main.mjs [flags]

  --targets LIST       of ${TARGET_NAMES.join(', ')} (all); ratios are to ${REFERENCE}; a name twice shows the noise
  --subscribers LIST   numbers of subscribers of the topic (1,100,5000)
  --under-way LIST     publications under way at a time (1,8)
  --rounds N           measured rounds of each (5)
  --size N             bytes of the data of a publication (128)
  --idle FROM,TO       connections between which memory is compared (2000,8000)
  --memory-rounds N    rounds of the memory part (3), 0: none
  --server-core N      core of the servers (0)
  --load-core N        core of the load generator (1)
  --no-pin             leave the cores to the kernel
  --deadline N         seconds after which the run fails (300)
  --json FILE          write all samples to FILE
  --markdown           print the tables as markdown
  --short              only check that nothing is lost or doubled, in a few seconds; exit code 1 if it is
  --help
`;

const OPTIONS = {
  targets: { type: 'string', default: TARGET_NAMES.join() },
  subscribers: { type: 'string', default: '1,100,5000' },
  'under-way': { type: 'string', default: '1,8' },
  rounds: { type: 'string', default: '5' },
  size: { type: 'string', default: '128' },
  idle: { type: 'string', default: '2000,8000' },
  'memory-rounds': { type: 'string', default: '3' },
  'server-core': { type: 'string', default: '0' },
  'load-core': { type: 'string', default: '1' },
  'no-pin': { type: 'boolean', default: false },
  deadline: { type: 'string', default: '300' },
  json: { type: 'string' },
  markdown: { type: 'boolean', default: false },
  short: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** What a short run changes: a few publications of each kind, no figures. */
const SHORT = { subscribers: [1, 100, 500], rounds: 1, publications: 40, warmUp: false, memoryRounds: 0 };

/** @throws when a flag is unknown or its value is not one. */
export function readFlags(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const [from, to] = numbers(values, 'idle');
  if (!(to > from)) throw new Error('--idle needs two numbers, the larger one last: --idle 2000,8000');
  const flags = {
    targets: values.targets.split(','),
    subscribers: numbers(values, 'subscribers').toSorted((a, b) => a - b),
    underWay: numbers(values, 'under-way'),
    rounds: number(values, 'rounds'),
    dataBytes: number(values, 'size'),
    idle: { from, to },
    memoryRounds: number(values, 'memory-rounds', 0),
    cores: values['no-pin']
      ? {}
      : { server: number(values, 'server-core', 0), load: number(values, 'load-core', 0) },
    deadlineSeconds: number(values, 'deadline'),
    json: values.json,
    isMarkdown: values.markdown,
    isShort: values.short,
    isHelp: values.help,
    warmUp: true,
  };
  return values.short ? { ...flags, ...SHORT } : flags;
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
