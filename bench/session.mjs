import path from 'node:path';
import { end, start } from './child.mjs';
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

  /** `options` are those of {@link Server.start}. */
  static async open(target, cores, options = {}) {
    const server = await Server.start(target, { cores: cores.server, ...options });
    return new Session(server, generator(cores));
  }

  /** The same server with one more load generator, to {@link leave} it. */
  another(cores) {
    return new Session(this.server, generator(cores));
  }

  /**
   * Brings the number of connections up to `count`, which may be subscribed to `topicsEach` of `topics`, and
   * authenticated. Returns what that has cost.
   */
  connect(population) {
    return this.#order('connect', { dialect: this.target.dialect, ...population });
  }

  disconnect() {
    return this.#order('disconnect');
  }

  /** Subscribes one connection to one more topic. */
  subscribe(index, topic) {
    return this.#order('subscribe', { index, topic });
  }

  /** One burst of publications; see `load/burst.mjs`. */
  publish({ publishing, ...burst }) {
    return this.#order('publish', { ...burst, publishing: this.#reaching(publishing) });
  }

  /** Publications at fixed rates; see `load/steady.mjs`. */
  publishSteadily({ publishing, ...steady }) {
    return this.#order('publishSteadily', { ...steady, publishing: this.#reaching(publishing) });
  }

  /** Questions and answers; see `load/exchange.mjs`. */
  exchange(exchange) {
    return this.#order('exchange', { dialect: this.target.dialect, ...exchange });
  }

  callOverHttp(calls) {
    return this.#order('callOverHttp', calls);
  }

  /** Clients that come back while workers are replaced; see `load/comeback.mjs`. */
  comeBack(order) {
    return this.#order('comeBack', order);
  }

  stopReading(index) {
    return this.#order('stopReading', { index });
  }

  readRest(index) {
    return this.#order('readRest', { index });
  }

  /** Closes the last connection; `connect` makes another one. */
  closeLast() {
    return this.#order('closeLast');
  }

  /** Waits for what should not come any more; rejects if it does. */
  quiet() {
    return this.#order('quiet');
  }

  /** Ends the load generator, not the server. */
  async leave() {
    await end(this.#load);
  }

  async close() {
    await this.leave();
    await this.server.stop();
  }

  #reaching(publishing) {
    return { port: this.server.port, ...publishing };
  }

  /** One order at a time. What failed since the last one fails this one. */
  async #order(command, details = {}) {
    if (this.#failure !== undefined) throw this.#failure;
    const { port, pid } = this.server;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#load.send({ command, port, serverPid: pid, ...details });
    });
  }

  /** The first failure is the cause of those that follow it. */
  #fail(reason) {
    this.#failure ??= new Error([`${this.target.label}: ${reason}`, this.server.output].join('\n').trim());
    this.#settle?.reject(this.#failure);
  }
}

function generator(cores) {
  return start([process.execPath, GENERATOR], { cores: cores.load, extra: ['ipc'] });
}
