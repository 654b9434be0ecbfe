/** Compiles the C server that is the yardstick of the goals. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const source = path.join(here, 'limit.c');
const program = path.join(here, '..', 'results', 'limit');

/** `{ program }`, or `{ reason }` why there is none. */
export function limitProgram() {
  if (process.platform !== 'linux') return { reason: 'LIMIT-C is left out: it needs epoll, as Linux has it' };
  if (isFresh()) return { program };
  mkdirSync(path.dirname(program), { recursive: true });
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-o', program, source], {
    encoding: 'utf8',
  });
  if (error !== undefined) return { reason: 'LIMIT-C is left out: there is no C compiler (cc) here' };
  if (status !== 0) return { reason: `LIMIT-C is left out: cc failed: ${stderr}` };
  return { program };
}

function isFresh() {
  try {
    return statSync(program).mtimeMs > statSync(source).mtimeMs;
  } catch {
    return false; // not compiled yet
  }
}
