import path from 'node:path';
import { end, startNode } from './child.mjs';
import { Server } from './server.mjs';

const GENERATOR = path.join(import.meta.dirname, 'load', 'main.mjs');

/** A server with a load generator of its own. */
export class Session {
  #load;
  #failure = undefined;
  #settle = undefined;

  constructor(server, load) {
    this.server = server;
    this.#load = load;
    load.on('message', ({ result, error }) =>
      error === undefined ? this.#settle?.resolve(result) : this.#fail(error),
    );
    // Comes after the last message, which 'exit' may not.
    load.on('disconnect', () => this.#fail(`the load generator ended\n${load.output}`));
  }

  get target() {
    return this.server.target;
  }

  static async open(target, cores) {
    const server = await Server.start(target, cores.server);
    return new Session(server, startNode(GENERATOR, { core: cores.load, ipc: true }));
  }

  /** Brings the number of connections up to `count`, all subscribed. */
  async connectSubscribers(count) {
    return this.#order({
      command: 'connect',
      port: this.server.port,
      count,
      subscribe: this.target.subscribe,
    });
  }

  /** Brings the number of connections up to `count`, none subscribed. */
  async connectIdle(count) {
    return this.#order({ command: 'connect', port: this.server.port, count });
  }

  /** One burst of publications to all subscribers; see `load/burst.mjs`. */
  async publish({ publications, underWay, dataBytes }) {
    const { port, pid } = this.server;
    return this.#order({ command: 'publish', port, serverPid: pid, publications, underWay, dataBytes });
  }

  /** Waits for what should not come any more; rejects if it does. */
  async quiet() {
    return this.#order({ command: 'quiet' });
  }

  async close() {
    await end(this.#load);
    await this.server.stop();
  }

  /** One order at a time. What failed since the last one fails this one. */
  async #order(message) {
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#load.send(message);
    });
  }

  /** The first failure is the cause of those that follow it. */
  #fail(reason) {
    this.#failure ??= new Error([`${this.target.label}: ${reason}`, this.server.output].join('\n').trim());
    this.#settle?.reject(this.#failure);
  }
}
