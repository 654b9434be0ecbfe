import { readFile } from 'node:fs/promises';
import type { Settings } from '../../config/settings.js';
import { type Finding, ok, warning } from './finding.js';

const ABOUT = 'limits.connections';
/** Files of a process that are no connections of clients: its own, Redis, the app. */
const OTHER_FILES = 1_000;

/** Whether this user may have as many files open as there may be connections. Only Linux tells. */
export async function machineCheck({ limits, server }: Settings): Promise<readonly Finding[]> {
  const files = await openFilesLimit();
  if (files === undefined) return [];
  const { connections } = limits;
  const wanted = 2 * connections;
  const says = `a process may have ${files} files open`;
  const cure = 'raise LimitNOFILE= of the systemd unit, or ulimit -n: twice the connections';
  if (connections > 0 && server.workers === 1 && files < wanted)
    return [warning(ABOUT, `${says}, and there may be ${connections} connections`, cure)];
  if (connections === 0 && files <= OTHER_FILES + 24) return [warning(ABOUT, says, cure)];
  return [ok(ABOUT, says)];
}

/** The hard limit: Node raises the soft one to it. */
async function openFilesLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(text) ?? [];
  if (hard === undefined || hard === 'unlimited') return undefined;
  return Number(hard);
}
