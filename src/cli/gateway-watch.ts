import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isObject } from '../protocol/json/json.js';
import { ask, askClient } from './calling.js';
import { CommandError } from './command-error.js';
import type { Context } from './context.js';
import { EXIT } from './exit-code.js';
import type { GatewayClient } from './gateway/gateway-client.js';

const LOOK_EVERY_MS = 100;
const NOT_SERVING: readonly number[] = [EXIT.notRunning, EXIT.io, EXIT.failed];

/** Whether the gateway answers, and is ready. @throws {CommandError} when something else answers. */
export async function isServing(context: Context): Promise<boolean> {
  try {
    await ask(context, 'ping');
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (NOT_SERVING.includes(error.exitCode)) return false;
    throw new CommandError(`what answers is no gateway with procedures: ${error.message}`, error.exitCode);
  }
}

/** The processes of a gateway, as far as they are known. */
export interface GatewayProcesses {
  /** The one that the gateway ends with. */
  readonly pid?: number;
  /** The one that answers, which a new version replaces. */
  readonly serving?: number;
  /** Whether several processes may answer. */
  readonly hasWorkers: boolean;
}

/** The processes of a gateway, as far as it tells. @throws {CommandError} when there is none. */
export async function processesOf(client: GatewayClient): Promise<GatewayProcesses> {
  const status = await askClient(client, 'status');
  const { pid, worker } = isObject(status) ? status : {};
  if (typeof pid !== 'number') return { hasWorkers: false };
  return typeof worker === 'number'
    ? { pid, serving: worker, hasWorkers: true }
    : { pid, serving: pid, hasWorkers: false };
}

/** Whether a process of this machine is gone, or a zombie. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Polls until `isSo` holds. @throws {CommandError} with the text `otherwise` after `timeoutMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  otherwise: string,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new CommandError(`${otherwise} after ${timeoutMs / 1_000} s`, EXIT.failed);
    await wait(LOOK_EVERY_MS);
  }
}
