/** What the figures were taken on, and what it allows. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

export function describeMachine() {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

/** Whether a process can be kept on this core: `taskset` is there and the core is ours. */
export function canPin(core) {
  return spawnSync('taskset', ['-c', String(core), process.execPath, '--version']).status === 0;
}

/** How many files a process may have open; Node raises the soft limit to the hard one at its start. */
export function openFilesLimit() {
  try {
    const soft = readFileSync('/proc/self/limits', 'latin1').match(/^Max open files\s+(\d+)/m)?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return 10_000; // not Linux: a guess that is below the usual hard limits
  }
}
