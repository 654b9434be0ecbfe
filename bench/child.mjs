/** Child processes that end with this one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child that was asked to end and has not is killed after this long. */
const GRACE_MS = 2000;
const KEPT_OUTPUT = 4000;

const running = new Set();

// The last resort, for an exit that nothing else has tidied up before: only what is synchronous runs here.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a Node script, on one core if `core` is given. What it prints is kept for the message of a failure. */
export function startNode(script, { core, environment = {}, ipc = false }) {
  const command = core === undefined ? [process.execPath] : ['taskset', '-c', String(core), process.execPath];
  // taskset becomes the process that it starts, so the child's id is that of Node.
  const child = spawn(command[0], [...command.slice(1), script], {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      child.output = (child.output + text).slice(-KEPT_OUTPUT);
    });
  }
  return child;
}

/** Ends a child and waits until it is gone. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  const impatience = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(impatience);
}

/** Without what would change a measured server: options for Node, and settings of a gateway in this shell. */
function inheritedEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('KITTIWAKE_'),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}
