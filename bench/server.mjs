import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { end, start } from './child.mjs';
import { freePort, listening } from './ports.mjs';
import { openFiles, residentBytes } from './process-usage.mjs';
import { median } from './statistics.mjs';

const START_DEADLINE_MS = 20_000;
const COLLECTOR = path.join(import.meta.dirname, 'collector.mjs');
const COLLECTOR_CHANNEL = 3;
const COLLECT_DEADLINE_MS = 30_000;

/** Until memory is read, and how often it is then read. */
const SETTLE_MS = 500;
const READINGS = 3;
const BETWEEN_READINGS_MS = 100;

/** Files that a server without connections has open, at most. */
const MOST_OTHER_FILES = 100;
const ABANDONED_DEADLINE_MS = 60_000;

/** A measured server as a child process on a free port. */
export class Server {
  #child;

  constructor(target, child, port) {
    this.target = target;
    this.#child = child;
    this.port = port;
  }

  get pid() {
    return this.#child.pid;
  }

  /** What it has printed last, for the message of a failure. */
  get output() {
    return this.#child.output;
  }

  /**
   * Resolves when it takes connections. `settings` are added to its environment; a profile of its CPU time is written to
   * the folder `profileTo` when it ends by itself.
   */
  static async start(target, { cores, settings = {}, isCollectable = false, profileTo }) {
    const port = await freePort();
    const environment = { ...target.environment(port), ...settings };
    const extra = isCollectable ? ['pipe'] : [];
    const child = start(commandOf(target, { isCollectable, profileTo }), { cores, environment, extra });
    await listening(child, port, { label: target.label, deadlineMs: START_DEADLINE_MS }).catch(
      async (error) => {
        await end(child);
        throw error;
      },
    );
    return new Server(target, child, port);
  }

  /** Resident memory, and what of the heap is in use, after a collection of garbage; the server has to be collectable. */
  async collected() {
    await wait(SETTLE_MS);
    const channel = this.#child.stdio[COLLECTOR_CHANNEL];
    const collected = once(channel, 'data', { signal: AbortSignal.timeout(COLLECT_DEADLINE_MS) });
    channel.write('collect');
    const heapBytes = Number(await collected);
    const readings = [];
    for (let i = 0; i < READINGS; i++) {
      await wait(BETWEEN_READINGS_MS);
      readings.push(residentBytes(this.pid));
    }
    return { residentBytes: median(readings), heapBytes };
  }

  /** Resolves when it has noticed that all connections are closed. @throws when it takes too long. */
  async abandoned() {
    const deadline = Date.now() + ABANDONED_DEADLINE_MS;
    while ((openFiles(this.pid) ?? 0) > MOST_OTHER_FILES) {
      if (Date.now() > deadline) throw new Error(`${this.target.label} keeps connections that are closed`);
      await wait(BETWEEN_READINGS_MS);
    }
  }

  async stop() {
    await end(this.#child);
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function commandOf({ command, script }, { isCollectable, profileTo }) {
  if (command !== undefined) return command;
  const options = isCollectable ? ['--expose-gc', '--import', COLLECTOR] : [];
  if (profileTo !== undefined) options.push('--cpu-prof', `--cpu-prof-dir=${profileTo}`);
  return [process.execPath, ...options, script];
}
