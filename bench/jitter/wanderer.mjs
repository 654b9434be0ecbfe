import { WebSocket } from 'ws';
import { HOST } from '../wire.mjs';

/** A client whose network goes now and then for a while, without a word to anybody. */
export class Wanderer {
  /** The time at which each publication came first, by its sequence number. */
  arrivals = new Map();
  repeats = 0;
  disorders = 0;
  cuts = 0;
  /** From the handshake after a cut to each publication that was made before it. */
  replayMs = [];
  isReady = false;
  #latest = 0;
  #openedAt = 0;
  #hasEnded = false;

  /** @param times by sequence number, when each was published. */
  constructor({ dialect: Dialect, ports, cutEveryMs, awayMs, times }) {
    this.Dialect = Dialect;
    this.ports = ports;
    this.cutEveryMs = cutEveryMs;
    this.awayMs = awayMs;
    this.times = times;
    this.dialect = new Dialect({ seen: (sequence) => this.#seen(sequence), ready: () => this.#ready() });
  }

  /** Resolves when it is subscribed. */
  start() {
    this.#connect();
    return new Promise((resolve) => (this.started = resolve));
  }

  /** From here on it is cut off at random. */
  wander() {
    this.#planCut();
  }

  /** From here on it stays. */
  settle() {
    clearTimeout(this.timer);
    this.isSettled = true;
  }

  end() {
    this.#hasEnded = true;
    this.socket?.terminate();
  }

  #connect() {
    if (this.#hasEnded) return;
    const port = this.ports[Math.floor(Math.random() * this.ports.length)];
    const { path, protocols } = this.Dialect;
    const socket = new WebSocket(`ws://${HOST}:${port}${path}`, protocols, { perMessageDeflate: false });
    this.socket = socket;
    const send = (texts) => {
      for (const text of texts) socket.send(text);
    };
    socket.on('open', () => {
      this.#openedAt = performance.now();
      send(this.dialect.opened());
    });
    socket.on('message', (/** @type {Buffer} */ data) => {
      if (socket === this.socket) send(this.dialect.take(data.toString()));
    });
    socket.on('error', () => undefined);
    // Whatever the server or the network does: it comes back.
    socket.on('close', () => socket === this.socket && setTimeout(() => this.#connect(), this.awayMs));
  }

  #ready() {
    this.isReady = true;
    this.started?.();
  }

  #planCut() {
    if (this.isSettled) return;
    this.timer = setTimeout(() => this.#cut(), -Math.log(1 - Math.random()) * this.cutEveryMs);
  }

  #cut() {
    this.cuts++;
    this.isReady = false;
    this.socket.terminate();
    this.timer = setTimeout(() => this.#planCut(), this.awayMs);
  }

  #seen(sequence) {
    const now = performance.now();
    if (this.arrivals.has(sequence)) {
      this.repeats++;
      return;
    }
    if (sequence < this.#latest) this.disorders++;
    else this.#latest = sequence;
    this.arrivals.set(sequence, now);
    if (this.cuts > 0 && this.times.get(sequence) < this.#openedAt) this.replayMs.push(now - this.#openedAt);
  }
}
