/** Child processes that end with this one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child that was asked to end and has not is killed after this long. */
const GRACE_MS = 4000;
const KEPT_OUTPUT = 4000;

const running = new Set();

// The last resort, for an exit that nothing else has tidied up before: only what is synchronous runs here.
process.on('exit', () => {
  for (const child of running) kill(child);
});

/**
 * Starts a program, on these cores if they are given. What it prints is kept for the message of a failure. `extra` are
 * further entries of its `stdio`; with `isGroup` it leads a process group, which ends with it.
 */
export function start(command, { cores, environment = {}, extra = [], isGroup = false } = {}) {
  const [program, ...args] = cores === undefined ? command : ['taskset', '-c', String(cores), ...command];
  // taskset becomes the process that it starts, so the child's id is that of the program.
  const child = spawn(program, args, {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...extra],
    detached: isGroup,
  });
  child.isGroup = isGroup;
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.output = '';
  child.once('error', (error) => {
    running.delete(child);
    child.output += error.message;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      child.output = (child.output + text).slice(-KEPT_OUTPUT);
    });
  }
  return child;
}

/** Ends a child and waits until it is gone. */
export async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  const impatience = setTimeout(() => kill(child), GRACE_MS);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(impatience);
}

function kill(child) {
  try {
    process.kill(child.isGroup ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Without what would change a measured server: options for Node, and settings of a gateway in this shell. */
function inheritedEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('KITTIWAKE_'),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}
