import { end, start } from '../child.mjs';
import { freePort, listening } from '../ports.mjs';
import { HOST } from '../wire.mjs';
import { programOf } from './program.mjs';

const START_DEADLINE_MS = 10_000;

/** A redis-server that keeps nothing: `{ port, stop }`, or undefined where there is none. */
export async function startRedis(cores) {
  const program = programOf(['redis-server']);
  if (program === undefined) return undefined;
  const port = await freePort();
  const command = [program, '--port', `${port}`, '--bind', HOST, '--save', '', '--appendonly', 'no'];
  const child = start(command, { cores: cores.load });
  await listening(child, port, { label: 'Redis', deadlineMs: START_DEADLINE_MS });
  return { port, stop: () => end(child) };
}
