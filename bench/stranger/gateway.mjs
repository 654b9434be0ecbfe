import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { end, start } from '../child.mjs';
import { freePort, listening } from '../ports.mjs';
import { residentBytes, usageOf } from '../process-usage.mjs';

const START_DEADLINE_MS = 20_000;
const QUIET_DEADLINE_MS = 60_000;
const READING_MS = 250;
/** Less CPU than this in a reading, twice in a row, is a gateway that has nothing to do. */
const QUIET_CPU_S = 0.015;
const OBSERVER = path.join(import.meta.dirname, 'observer.mjs');
const OBSERVER_CHANNEL = 3;

/** A gateway whose CPU time, memory and longest blocks are observed. */
export class ObservedGateway {
  #child;

  constructor(child, port) {
    this.#child = child;
    this.port = port;
  }

  /** @param script the `server/main.js` of a build @param environment settings of the case */
  static async start(script, { core, environment }) {
    const port = await freePort();
    const child = start([process.execPath, '--expose-gc', '--import', OBSERVER, script], {
      cores: core,
      environment: {
        KITTIWAKE_PORT: String(port),
        KITTIWAKE_OPERATORS_PORT: '0',
        KITTIWAKE_CONFIG: path.join(import.meta.dirname, 'kittiwake.yaml'),
        ...environment,
      },
      extra: ['pipe'],
    });
    await listening(child, port, { label: 'the gateway', deadlineMs: START_DEADLINE_MS });
    return new ObservedGateway(child, port);
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has printed last. */
  get output() {
    return this.#child.output;
  }

  get cpuSeconds() {
    return usageOf(this.#child.pid)?.cpuSeconds ?? Number.NaN;
  }

  get residentBytes() {
    return residentBytes(this.#child.pid) ?? Number.NaN;
  }

  /** What the observer says; asking begins its next observation. */
  async observe() {
    const channel = this.#child.stdio[OBSERVER_CHANNEL];
    const answered = once(channel, 'data', { signal: AbortSignal.timeout(QUIET_DEADLINE_MS) });
    channel.write('observe');
    return JSON.parse(await answered);
  }

  /** Resolves when it has nothing left to do. @returns the largest resident memory seen meanwhile, and whether it came to rest */
  async quiet() {
    const deadline = Date.now() + QUIET_DEADLINE_MS;
    let peakBytes = 0;
    let before = this.cpuSeconds;
    for (let quietReadings = 0; quietReadings < 2;) {
      if (Date.now() > deadline || !this.isRunning) return { peakBytes, isQuiet: false };
      await wait(READING_MS);
      peakBytes = Math.max(peakBytes, this.residentBytes);
      const now = this.cpuSeconds;
      quietReadings = now - before < QUIET_CPU_S ? quietReadings + 1 : 0;
      before = now;
    }
    return { peakBytes, isQuiet: true };
  }

  async stop() {
    await end(this.#child);
  }
}
