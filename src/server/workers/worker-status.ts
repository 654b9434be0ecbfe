import cluster, { type Worker } from 'node:cluster';
import { SharedAnswer } from '../../metrics/shared-answer.js';
import type { GatewayStatus, ProcessStatus, SilentProcess } from '../../operators/gateway-status.js';
import { isObject } from '../../protocol/json/json.js';

/** The time limit for the status of a worker. */
const ANSWER_LIMIT_MS = 1_000;

/** Asks, in a worker, for the status of all workers; the answer is {@link AllStatuses}. */
const REQUEST = 'kittiwake:status';
/** Asks a worker for its status; the answer is {@link OwnStatus}. */
const QUESTION = 'kittiwake:status?';

interface OwnStatus {
  readonly ownStatus: ProcessStatus;
}

interface AllStatuses {
  readonly allStatuses: readonly (ProcessStatus | SilentProcess)[];
}

/** Makes the status of a worker process that of all workers: it asks the process that keeps them. */
export function shareStatus(status: GatewayStatus): void {
  const waiting: ((all: AllStatuses['allStatuses']) => void)[] = [];
  process.on('message', (message: unknown) => {
    if (message === QUESTION) process.send?.({ ownStatus: status.read() } satisfies OwnStatus);
    else if (isObject(message) && 'allStatuses' in message)
      for (const resolve of waiting.splice(0)) resolve((message as unknown as AllStatuses).allStatuses);
  });
  status.collectFrom(() => {
    process.send?.(REQUEST);
    return new Promise((resolve) => waiting.push(resolve));
  });
}

/** Answers, in the process that keeps the workers, with the status of all, silent ones included. */
export function tellStatuses(running: () => readonly Worker[]): void {
  const statuses = new SharedAnswer(() => Promise.all(running().map((worker) => statusOf(worker))), 0);
  cluster.on('message', (worker, message: unknown) => {
    if (message === REQUEST) void statuses.read().then((allStatuses) => tell(worker, { allStatuses }));
  });
}

function tell(worker: Worker, message: AllStatuses): void {
  if (worker.isConnected()) worker.send(message);
}

/** The status of a worker, or `no answer` after a second. */
export function statusOf(worker: Worker): Promise<ProcessStatus | SilentProcess> {
  return new Promise((resolve) => {
    const end = (status: ProcessStatus | SilentProcess): void => {
      clearTimeout(timer);
      worker.off('message', take);
      resolve(status);
    };
    const take = (message: unknown): void => {
      if (isObject(message) && 'ownStatus' in message) end((message as unknown as OwnStatus).ownStatus);
    };
    const silent = { pid: process.pid, worker: worker.process.pid, state: 'no answer' } as const;
    const timer = setTimeout(end, ANSWER_LIMIT_MS, silent);
    worker.on('message', take);
    if (worker.isConnected()) worker.send(QUESTION);
  });
}
