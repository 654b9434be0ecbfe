import 'reflect-metadata';
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { BrokerError } from '../broker/broker.error.js';
import { ConfigurationError } from '../config/configuration-error.js';
import { LedgerFolderError } from '../leases/ledger-folder.error.js';
import { OperatorsPortError } from '../operators/operators-port.error.js';
import { StateError } from '../rpc/local/state-error.js';
import { settingsFromEnvironment } from './environment.js';
import type { Handover } from './handover/handover.js';
import { Predecessor } from './handover/predecessor.js';
import { roleIn } from './workers/worker-messages.js';
import { WorkerStartError } from './workers/worker-start.error.js';

let handover: Handover | undefined;

/** Starts the gateway from the environment. A failure goes to standard error, and ends the process with status 1. */
export async function start(): Promise<void> {
  try {
    await startRole();
  } catch (error) {
    if (!(error instanceof WorkerStartError)) process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
  }
}

/**
 * The process ends on SIGTERM and SIGINT. On SIGUSR2 a new process replaces it; where worker processes share the port,
 * SIGHUP replaces them one by one. Only the code of the role is loaded: the process that keeps workers has no gateway.
 */
async function startRole(): Promise<void> {
  if (cluster.isWorker) {
    const settings = await settingsFromEnvironment();
    const { serveAsWorker } = await import('./workers/worker.js');
    await serveAsWorker(settings, roleIn(process.argv));
    return;
  }
  if (process.platform !== 'win32') process.on('SIGUSR2', () => void handover?.begin());
  const predecessor = await Predecessor.find();
  const settings = await settingsFromEnvironment();
  const { workers } = settings.server;
  const count = workers === 'auto' ? availableParallelism() : workers;
  if (count > 1) {
    const { keepWorkers } = await import('./workers/workers.js');
    await keepWorkers(count, settings);
  } else {
    const { serveAlone } = await import('./alone.js');
    handover = await serveAlone(settings, predecessor);
  }
}

/** One line for faults that an operator can mend; the stack for all others, which are defects. */
function describe(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const isOperational =
    [BrokerError, LedgerFolderError, OperatorsPortError, StateError].some((kind) => error instanceof kind) ||
    'syscall' in error;
  return isOperational ? `Kittiwake cannot start: ${error.message}` : (error.stack ?? error.message);
}
