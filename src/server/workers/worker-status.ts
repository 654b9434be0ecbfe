import cluster, { type Worker } from 'node:cluster';
import type { GatewayStatus, ProcessStatus, SilentProcess } from '../../operators/gateway-status.js';
import { SharedAnswer } from '../../metrics/shared-answer.js';
import { isObject } from '../../protocol/json/json.js';

/** How long a worker may take to say how it is. */
const ANSWER_LIMIT_MS = 1_000;

/** A worker asks how all of them are; it is sent {@link AllStatuses}. */
const REQUEST = 'kittiwake:status';
/** A worker is asked how it is; it sends {@link OwnStatus}. */
const QUESTION = 'kittiwake:status?';

interface OwnStatus {
  readonly ownStatus: ProcessStatus;
}

interface AllStatuses {
  readonly allStatuses: readonly (ProcessStatus | SilentProcess)[];
}

/** Has the status of one worker process be that of all: whichever is asked, asks the process that keeps them. */
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

/** In the process that keeps the workers: tells each of them of all, those too that do not answer. */
export function tellStatuses(running: () => readonly Worker[]): void {
  const statuses = new SharedAnswer(() => Promise.all(running().map((worker) => statusOf(worker))), 0);
  cluster.on('message', (worker, message: unknown) => {
    if (message === REQUEST) void statuses.read().then((allStatuses) => tell(worker, { allStatuses }));
  });
}

function tell(worker: Worker, message: AllStatuses): void {
  if (worker.isConnected()) worker.send(message);
}

/** How a worker is, if it says so in time. */
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
