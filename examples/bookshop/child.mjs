import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Kittiwake gives its clients a few seconds to go; past this it will not end by itself. */
const END_DEADLINE_MS = 10_000;

/** @param {[string, unknown]} variable */
const isForeign = ([name]) => !/^(?:KITTIWAKE|GATEWAY|BOOKSHOP)_/.test(name);

/** A Node process of ours; its lines are printed behind its name. */
export class Child {
  #process;
  #isMuted = false;

  /** @param {string} name @param {string} file @param {Record<string, string>} env Added to our own, less what would configure another Kittiwake. */
  constructor(name, file, env) {
    this.#process = spawn(process.execPath, [file], {
      env: { ...Object.fromEntries(Object.entries(process.env).filter(isForeign)), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in a terminal goes to a whole group, and the order in which they end is ours.
      detached: process.platform !== 'win32',
    });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        if (!this.#isMuted) console.log(`${name.padEnd(9)} | ${line}`);
      });
    }
    /** Settles when it ended: says how. @type {Promise<string>} */
    this.ended = once(this.#process, 'exit').then(
      ([code, signal]) => (signal ? `by ${signal}` : `with code ${code}`),
      (error) => `before it began: ${error.message}`,
    );
  }

  /** Prints no more of its lines. */
  mute() {
    this.#isMuted = true;
  }

  /** Asks it to end, and waits until it did. */
  async end() {
    const timer = setTimeout(() => this.kill(), END_DEADLINE_MS);
    this.#process.kill('SIGTERM');
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once. Without effect on one that ended. */
  kill() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
  }
}
