/*
 * Runs one file of each group of `test/together/` by itself: so nobody relies on what another file of the group does. Which
 * files depends on the commit. With --now-and-then it is one of a single group, and that at one commit in four.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import config from '../../jest.config.mjs';

const { TOGETHER } = config.globals;
const files = ['client/test', 'src', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
);
const turn = turnOf(commit());
const isNowAndThen = process.argv.includes('--now-and-then');
if (isNowAndThen && turn % 4 !== 0) process.exit(0);
const groups = Object.values(TOGETHER);
const chosen = (isNowAndThen ? [groups[turn % groups.length]] : groups).map((names) => {
  const group = files.filter((file) => new RegExp(`^${names}.*spec\\.ts$`).test(file)).toSorted();
  return group[turn % group.length];
});
console.log(`Each by itself: ${chosen.join(' ')}`);
const { status } = spawnSync('npm', ['run', 'jest', '--', '--runTestsByPath', ...chosen], {
  stdio: 'inherit',
});
process.exit(status ?? 1);

/** Without Git, as in a package, always the same. */
function commit() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '0';
  }
}

function turnOf(hash) {
  return Number.parseInt(hash.slice(0, 8), 16);
}
