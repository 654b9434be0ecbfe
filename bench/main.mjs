/** Runs the benchmark: `node bench/main.mjs --help`. What is measured, and how to read it: README.md beside this file. */
import { writeFileSync } from 'node:fs';
import { measureDelivery } from './delivery.mjs';
import { HELP, readFlags } from './flags.mjs';
import { canPin, describeMachine, openFilesLimit } from './machine.mjs';
import { measureMemory } from './memory.mjs';
import { residentBytes } from './process-usage.mjs';
import { countsOf, notesOf, renderMarkdown, renderText, tablesOf } from './report.mjs';
import { targetsOf } from './targets.mjs';

/** Files that a server or a load generator has open besides its connections. */
const OTHER_FILES = 200;

try {
  const flags = readFlags(process.argv.slice(2));
  if (flags.isHelp) process.stdout.write(HELP);
  else await run(flags);
} catch (error) {
  fail(error.message);
}

async function run(flags) {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const { deadlineSeconds } = flags;
  const tooLong = () => fail(`not finished after ${deadlineSeconds} s: see --deadline`);
  const deadline = setTimeout(tooLong, deadlineSeconds * 1000);
  const { plan, notes } = fitToMachine(flags);
  const targets = targetsOf(plan.targets);
  const isMemoryUnknown = residentBytes(process.pid) === undefined;
  const delivery = await measureDelivery(targets, plan, log);
  const memory = isMemoryUnknown ? [] : await measureMemory(targets, plan, log);
  const machine = describeMachine();
  clearTimeout(deadline);
  const labels = targets.map(({ name, label }) => ({ name, label }));
  const results = { machine, plan, notes, targets: labels, delivery, memory, isMemoryUnknown };
  print(results);
  if (plan.json !== undefined) writeFileSync(plan.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** What of the plan this machine can do, and notes on what it cannot. */
function fitToMachine(flags) {
  const notes = [];
  const plan = { ...flags, ...pinning(flags.cores, notes) };
  const most = openFilesLimit() - OTHER_FILES;
  plan.subscribers = flags.subscribers.filter((count) => count <= most);
  if (plan.subscribers.length < flags.subscribers.length) {
    notes.push(`At most ${most} subscribers: the limit of open files (ulimit -n) allows no more`);
  }
  if (plan.subscribers.length === 0)
    throw new Error(`no number of subscribers fits: ulimit -n allows ${most}`);
  if (plan.memoryRounds > 0 && flags.idle.to > most) {
    plan.idle = { from: Math.floor(most / 4), to: most };
    notes.push(`At most ${most} idle connections: the limit of open files (ulimit -n) allows no more`);
  }
  return { plan, notes };
}

function pinning(cores, notes) {
  if (cores.server === undefined) notes.push('Not pinned to cores: --no-pin');
  else if (!canPin(cores.server) || !canPin(cores.load)) {
    notes.push(`Not pinned to cores: there is no taskset here, or no core ${cores.server} or ${cores.load}`);
    return { cores: {} };
  } else notes.push(`Servers on core ${cores.server}, load generator on core ${cores.load}`);
  return { cores };
}

function print(results) {
  const tables = results.plan.isShort ? [countsOf(results)] : tablesOf(results);
  const notes = notesOf(results).map((note) => `- ${note}`);
  const render = results.plan.isMarkdown ? renderMarkdown : renderText;
  process.stdout.write(`${[...tables.map(render), notes.join('\n')].join('\n\n')}\n`);
}

function log(text) {
  process.stderr.write(`${text}\n`);
}

function fail(reason) {
  process.stderr.write(`bench: ${reason}\n`);
  process.exit(1);
}
