import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { end, startNode } from './child.mjs';
import { HOST } from './wire.mjs';

const START_DEADLINE_MS = 20_000;

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

  /** Resolves when it takes connections. */
  static async start(target, core) {
    const port = await freePort();
    const child = startNode(target.script, { core, environment: target.environment(port) });
    const server = new Server(target, child, port);
    await server.#listening();
    return server;
  }

  async stop() {
    await end(this.#child);
  }

  /** What it has printed last, for the message of a failure. */
  get output() {
    return this.#child.output;
  }

  async #listening() {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await isListening(this.port))) {
      const { label } = this.target;
      if (this.#child.exitCode !== null) throw new Error(`${label} ended at its start:\n${this.output}`);
      if (Date.now() > deadline)
        throw new Error(`${label} does not listen on port ${this.port}:\n${this.output}`);
      await wait(50);
    }
  }
}

async function freePort() {
  const probe = net.createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
