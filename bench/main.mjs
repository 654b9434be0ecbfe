/** Runs the benchmark: `node bench/main.mjs --help`. What is measured, and how to read it: README.md beside this file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HELP, readFlags } from './flags.mjs';
import { describeMachine, mostConnections, pinning } from './machine.mjs';
import { goalsOf } from './report/goals-of.mjs';
import { markdownOf, textOf } from './report/document.mjs';
import { pageOf } from './report/page.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { checkCounts } from './short.mjs';
import { targetsOf } from './targets.mjs';

const here = import.meta.dirname;

try {
  const flags = readFlags(process.argv.slice(2));
  if (flags.isHelp) process.stdout.write(HELP);
  else await run(flags);
} catch (error) {
  fail(error.message);
}

async function run(flags) {
  const { cores, note } = pinning(flags.cores);
  const machine = describeMachine();
  const results = { machine, notes: [note], parts: [] };
  const { deadlineSeconds } = flags;
  const giveUp = (reason) => {
    // What was measured until then has cost time enough.
    if (results.parts.length > 0) report(results, flags);
    fail(reason);
  };
  const tooLong = () => giveUp(`not finished after ${deadlineSeconds} s: see --deadline`);
  const deadline = setTimeout(tooLong, deadlineSeconds * 1000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => giveUp(`ended by ${signal}`));
  const bench = { ...flags, cores, machine, most: mostConnections(), targets: targetsOf(flags.targets), log };
  if (flags.isShort) print((await checkCounts({ ...bench, log: () => {} })).join('\n'));
  else {
    await runAll(bench, results.parts);
    report(results, flags);
  }
  clearTimeout(deadline);
}

/** One scenario that fails does not stop the others, but the run has failed. */
async function runAll(bench, parts) {
  for (const name of bench.scenarios) {
    const { title, about, run: measure } = SCENARIOS[name];
    log(`${title}:`);
    try {
      parts.push({ name, title, about, ...(await measure(bench)) });
    } catch (error) {
      log(`failed: ${error.message}`);
      process.exitCode = 1;
      parts.push({ name, title, about, samples: [], tables: [], notes: [], failure: error.message });
    }
  }
}

function report({ machine, notes, parts }, { json, html, isKept }) {
  const results = { machine, notes: [...notes, ...goalsOf(parts)], parts };
  print(`${textOf(results)}\n`);
  write(json ?? path.join(here, 'results', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  write(html ?? path.join(here, 'results', 'results.html'), pageOf(results));
  if (isKept) write(path.join(here, 'RESULTS.md'), markdownOf(results));
}

function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  log(`written: ${path.relative(process.cwd(), file)}`);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

function log(text) {
  process.stderr.write(`${text}\n`);
}

function fail(reason) {
  process.stderr.write(`bench: ${reason}\n`);
  process.exit(1);
}
