import { isObject } from '../../protocol/json/json.js';

/** The role of one worker process, passed as an argument. */
export interface WorkerRole {
  /** The Unix socket of the relay to the others. */
  readonly relay: string;
  /** Whether it serves programs of the same user: as one of the workers does, and later its successor. */
  readonly local: 'first' | 'successor' | 'none';
}

const ROLE_OPTION = '--worker=';

/** A role as an argument of a process. */
export function roleArgument(role: WorkerRole): string {
  return ROLE_OPTION + JSON.stringify(role);
}

/** The role of this process. */
export function roleIn(args: readonly string[]): WorkerRole {
  const text = args.find((argument) => argument.startsWith(ROLE_OPTION));
  if (text === undefined) throw new Error(`a worker process needs ${ROLE_OPTION}`);
  return JSON.parse(text.slice(ROLE_OPTION.length)) as WorkerRole;
}

/** Asks a worker for its own metrics. */
export const OWN_METRICS_REQUEST = 'kittiwake:own-metrics';

/** The answer: the metrics of its registry, as prom-client's `getMetricsAsJSON` gives them. */
export interface OwnMetrics {
  readonly ownMetrics: readonly object[];
}

export function isOwnMetrics(message: unknown): message is OwnMetrics {
  return isObject(message) && 'ownMetrics' in message;
}

/** Asks, in a worker, for the metrics of all workers. */
export const METRICS_REQUEST = 'kittiwake:metrics';

/** The answer: text in Prometheus' format, or the reason why there is none. */
export type MetricsAnswer = { readonly metrics: string } | { readonly failure: string };

const PREPARED = 'kittiwake:prepared';
const LISTEN = 'kittiwake:listen';
const READY = 'kittiwake:ready';
const ALIVE = 'kittiwake:alive';
const RETIRE = 'kittiwake:retire';

/** Reports that this worker could take connections. Resolves when it is to take them. */
export function listenWhenTold(): Promise<void> {
  const told = new Promise<void>((resolve) => {
    process.on('message', function listen(message) {
      if (message !== LISTEN) return;
      process.off('message', listen);
      resolve();
    });
  });
  process.send?.(PREPARED);
  return told;
}

export function isPrepared(message: unknown): boolean {
  return message === PREPARED;
}

/** Tells a prepared worker to take connections. */
export function sendListen(worker: { send(message: string): unknown }): void {
  worker.send(LISTEN);
}

export function sendAlive(): void {
  if (process.connected) process.send?.(ALIVE);
}

export function isAlive(message: unknown): boolean {
  return message === ALIVE;
}

/** Reports that this worker takes connections. */
export function sendReady(): void {
  process.send?.(READY);
}

export function isReady(message: unknown): boolean {
  return message === READY;
}

/** Tells a worker to take no new connections, and to end when that is settled. */
export function sendRetire(worker: { send(message: string): unknown }): void {
  worker.send(RETIRE);
}

export function isRetire(message: unknown): boolean {
  return message === RETIRE;
}

export function isMetricsAnswer(message: unknown): message is MetricsAnswer {
  return isObject(message) && ('metrics' in message || 'failure' in message) && !('type' in message);
}
