/** What the figures were taken on, and what it allows. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Files that a server or a load generator has open besides its connections. */
const OTHER_FILES = 200;

/** Where the limit is not known: below the usual hard limits. */
const GUESSED_FILES = 10_000;

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

/** The cores as they can be used, and a line on it. */
export function pinning(cores) {
  if (cores.server === undefined) return { cores, note: 'Not pinned to cores: --no-pin.' };
  if (!canPin(cores.server) || !canPin(cores.load)) {
    const missing = `no taskset here, or no core ${cores.server} or ${cores.load}`;
    return { cores: {}, note: `Not pinned to cores: there is ${missing}.` };
  }
  return { cores, note: `Servers on core ${cores.server}, load generator on core ${cores.load}.` };
}

/** How many connections one process can have. Node raises the soft limit of open files to the hard one at its start. */
export function mostConnections() {
  return openFilesLimit() - OTHER_FILES;
}

function canPin(core) {
  return spawnSync('taskset', ['-c', String(core), process.execPath, '--version']).status === 0;
}

function openFilesLimit() {
  try {
    const limit = readFileSync('/proc/self/limits', 'latin1').match(/^Max open files\s+(\d+)/m)?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return GUESSED_FILES; // not Linux
  }
}
