import { Logger } from '@nestjs/common';
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/message-of.js';
import { WorkersRelay } from '../../broker/workers/workers.relay.js';
import { requireFiles } from '../../config/loading/files.js';
import { warningsAlone } from '../../config/loading/warnings.js';
import type { Settings } from '../../config/settings.js';
import { apiKeysOf } from '../../push/api-keys.js';
import { ServiceSecret } from '../../rpc/service-secret.js';
import { PinoLogger } from '../logger.js';
import { handOverSignals } from '../signals.js';
import { UntakenConnections } from './untaken-connections.js';
import {
  isAlive,
  isPrepared,
  isReady,
  METRICS_REQUEST,
  type MetricsAnswer,
  roleArgument,
  sendListen,
  sendRetire,
  type WorkerRole,
} from './worker-messages.js';
import { WorkerStartError } from './worker-start.error.js';
import { tellStatuses } from './worker-status.js';
import { WorkerWatch } from './worker-watch.js';
import { WorkersMetrics } from './workers-metrics.js';

/** The program of a worker, whichever program has started this process. */
const SERVER = fileURLToPath(new URL('../main.js', import.meta.url));
/** A worker that ends sooner after its start than this has probably not been able to start. */
const EARLY_END_MS = 10_000;
const FIRST_RESTART_WAIT_MS = 100;
const MAX_RESTART_WAIT_MS = 30_000;
/** The time that a worker may take to stop beyond its settings. */
const STOP_GRACE_MS = 5_000;

/** Keeps `count` worker processes; resolves when all are ready. @throws {ConfigurationError | WorkerStartError} */
export async function keepWorkers(count: number, settings: Settings): Promise<void> {
  Logger.overrideLogger(new PinoLogger(settings.log));
  requireFiles(settings);
  for (const warning of warningsAlone(settings)) new Logger('Kittiwake').warn(warning);
  await Workers.start(count, settings);
  new Logger('Kittiwake').log(`${count} worker processes are ready`);
}

/**
 * The process that keeps the worker processes: they share its port, and are replaced when they end. SIGTERM and SIGINT
 * stop all of them; SIGHUP replaces them one by one, each when its successor is ready, with new code and configuration.
 */
class Workers {
  private readonly logger = new Logger('Workers');
  private readonly metrics = new WorkersMetrics();
  private readonly watch: WorkerWatch;
  /** Keys and secrets that each worker would otherwise generate for itself. */
  private readonly variables: Readonly<Record<string, string>>;
  private readonly startedAtMs = new Map<Worker, number>();
  private readonly untaken = new Map<Worker, UntakenConnections>();
  /** Workers that are to end, and are not replaced. */
  private readonly retiring = new Set<Worker>();
  /** The worker that serves programs of the same user. */
  private local: Worker | undefined;
  private isStopping = false;
  private isRolling = false;
  private restartWaitMs = FIRST_RESTART_WAIT_MS;

  private constructor(
    private readonly count: number,
    private readonly settings: Settings,
    private readonly relay: WorkersRelay,
  ) {
    const { publish, procedures, server } = settings;
    this.watch = new WorkerWatch(server.workerTimeoutMs, (worker) => this.endSilent(worker));
    const apiKeys = apiKeysOf(publish);
    this.variables = {
      ...(apiKeys !== publish.apiKeys && { KITTIWAKE_PUBLISH_API_KEYS: apiKeys.join() }),
      ...(procedures && { KITTIWAKE_PROCEDURES_SECRET: new ServiceSecret(procedures).value }),
    };
  }

  /**
   * Starts the workers; resolves when all are ready.
   * @throws {WorkerStartError} when one of them cannot start; it has reported the reason.
   */
  static async start(count: number, settings: Settings): Promise<Workers> {
    const relay = await WorkersRelay.start();
    const workers = new Workers(count, settings, relay);
    workers.obey();
    try {
      await workers.startAll();
    } catch (error) {
      if (workers.isStopping) await new Promise(() => undefined); // the signal that stops them ends this process
      await workers.stop();
      throw error;
    }
    return workers;
  }

  /** Stops all workers as their settings say, and kills those that do not end in time. */
  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    await Promise.all([...this.startedAtMs.keys()].map((worker) => this.end(worker))); // those on their way out, too
    await this.relay.stop();
  }

  private obey(): void {
    const stop = (): void => void this.stop().then(() => process.exit(0));
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => void this.replaceAll());
    handOverSignals();
    cluster.on('exit', (worker) => this.ended(worker));
    tellStatuses(() => this.running());
    cluster.on('message', (worker, message: unknown) => {
      if (isAlive(message)) this.watch.heard(worker);
      else if (message === METRICS_REQUEST) void this.answerMetrics(worker);
      else this.metrics.took(worker, message);
    });
  }

  /** Listens only when all workers are prepared: the first to listen would get all early connections. */
  private async startAll(): Promise<void> {
    const first = await this.prepareOne('first'); // alone, so that a fault is reported once, not by all of them
    const others = await Promise.all(Array.from({ length: this.count - 1 }, () => this.prepareOne()));
    await this.listens(first);
    await Promise.all(others.map((worker) => this.listens(worker)));
  }

  /** Starts a worker; resolves when it takes connections. @throws {WorkerStartError} when it ends before that. */
  private async startOne(local?: WorkerRole['local']): Promise<Worker> {
    const worker = await this.prepareOne(local);
    await this.listens(worker);
    return worker;
  }

  /** Starts a worker; resolves when it could take connections. @throws {WorkerStartError} when it ends before that. */
  private async prepareOne(local: WorkerRole['local'] = 'none'): Promise<Worker> {
    cluster.setupPrimary({ exec: SERVER, args: [roleArgument({ relay: this.relay.path, local })] });
    const worker = cluster.fork(this.variables);
    if (local !== 'none') this.local = worker;
    this.startedAtMs.set(worker, performance.now());
    this.untaken.set(worker, new UntakenConnections(worker));
    this.watch.add(worker);
    await this.says(worker, isPrepared);
    return worker;
  }

  private async listens(worker: Worker): Promise<void> {
    const ready = this.says(worker, isReady);
    if (worker.isConnected()) sendListen(worker);
    await ready;
  }

  private says(worker: Worker, isSaid: (message: unknown) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        this.startedAtMs.delete(worker);
        reject(new WorkerStartError('a worker process could not start'));
      };
      if (worker.isDead()) ended();
      worker.once('exit', ended);
      worker.on('message', function heard(message: unknown) {
        if (!isSaid(message)) return;
        worker.off('exit', ended);
        worker.off('message', heard);
        resolve();
      });
    });
  }

  /** Kills a worker that hangs: it would not react to SIGTERM. */
  private endSilent(worker: Worker): void {
    this.watch.remove(worker);
    const seconds = this.settings.server.workerTimeoutMs / 1_000;
    this.logger.error(
      `worker process ${worker.process.pid} gives no sign of life (server.workerTimeout, ${seconds} s): it is ended`,
    );
    worker.process.kill('SIGKILL');
  }

  private ended(worker: Worker): void {
    const startedAtMs = this.startedAtMs.get(worker);
    const untaken = this.untaken.get(worker);
    this.startedAtMs.delete(worker);
    this.untaken.delete(worker);
    this.watch.remove(worker);
    if (this.retiring.delete(worker) || this.isStopping || startedAtMs === undefined) return;
    untaken?.close();
    const isEarly = performance.now() - startedAtMs < EARLY_END_MS;
    this.restartWaitMs = isEarly
      ? Math.min(this.restartWaitMs * 2, MAX_RESTART_WAIT_MS)
      : FIRST_RESTART_WAIT_MS;
    this.logger.error(
      `worker process ${worker.process.pid} has ended; another one starts in ${this.restartWaitMs} ms`,
    );
    this.startAgain();
  }

  private startAgain(): void {
    setTimeout(() => {
      if (this.isStopping || this.running().length >= this.count) return;
      this.startOne(this.local?.isDead() === false ? 'none' : 'first').then(
        ({ process }) => this.logger.log(`worker process ${process.pid} takes its place`),
        () => {
          this.restartWaitMs = Math.min(this.restartWaitMs * 2, MAX_RESTART_WAIT_MS);
          this.startAgain();
        },
      );
    }, this.restartWaitMs);
  }

  /** Replaces the workers one by one. When a successor cannot start, the workers that are left stay. */
  private async replaceAll(): Promise<void> {
    if (this.isRolling || this.isStopping) return;
    this.isRolling = true;
    this.logger.log('replacing the worker processes');
    try {
      for (const worker of this.running()) {
        if (this.isStopping) return;
        await this.startOne(worker === this.local ? 'successor' : 'none');
        await this.retire(worker);
      }
      this.logger.log('all worker processes have been replaced');
    } catch (error) {
      if (this.isStopping) return; // it has ended the successor
      this.logger.error(`the worker processes that are left go on: ${messageOf(error)}`);
    } finally {
      this.isRolling = false;
    }
  }

  /** Ends a worker whose successor is ready, without refusing a connection. */
  private async retire(worker: Worker): Promise<void> {
    this.retiring.add(worker);
    if (worker.isConnected()) sendRetire(worker);
    await this.untilEnded(worker);
  }

  private async end(worker: Worker): Promise<void> {
    this.retiring.add(worker);
    worker.process.kill('SIGTERM');
    await this.untilEnded(worker);
  }

  /** Kills the worker when it does not end in time. */
  private async untilEnded(worker: Worker): Promise<void> {
    if (worker.isDead()) return;
    const { spreadMs, timeoutMs } = this.settings.shutdown;
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), spreadMs + timeoutMs + STOP_GRACE_MS);
    await new Promise((resolve) => worker.once('exit', resolve));
    clearTimeout(timer);
  }

  private running(): Worker[] {
    return [...this.startedAtMs.keys()].filter((worker) => !this.retiring.has(worker));
  }

  private async answerMetrics(worker: Worker): Promise<void> {
    let answer: MetricsAnswer;
    try {
      answer = { metrics: await this.metrics.text(this.running()) };
    } catch (error) {
      answer = { failure: messageOf(error) };
    }
    if (worker.isConnected()) worker.send(answer);
  }
}
