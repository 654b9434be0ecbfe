/** A network in virtual time between clients and a server, for what takes a `WebSocket`. It is there, gone, or dead. */
export class VirtualNetwork {
  /** When each connection was tried. */
  tries = [];
  /** Whether a server listens. */
  isThere = true;
  /** Whether whatever is sent vanishes, and nobody is told. */
  isDead = false;
  #open = new Set();

  /** @param server `opened(socket)` and `received(socket, text)`; a socket has `say(text)`. */
  constructor(time, server, rttMs) {
    this.time = time;
    this.server = server;
    this.rttMs = rttMs;
  }

  get connections() {
    return this.#open.size;
  }

  get WebSocket() {
    const network = this;
    return class extends VirtualWebSocket {
      constructor(url, protocols) {
        super(url, protocols, network);
      }
    };
  }

  /** Ends all connections, as a server that stops does. */
  cut(code) {
    for (const socket of this.#open) socket.end(code);
  }

  opened(socket) {
    this.#open.add(socket);
    this.server.opened(socket);
  }

  ended(socket) {
    this.#open.delete(socket);
  }
}

/** The browser's, as far as clients use it. */
class VirtualWebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  readyState = 0;
  bufferedAmount = 0;
  binaryType = 'blob';
  #listeners = new Map();
  #network;

  constructor(url, protocols, network) {
    this.url = String(url);
    this.protocol = [protocols ?? ''].flat()[0] ?? '';
    this.#network = network;
    network.tries.push(network.time.nowMs);
    const { rttMs, isThere } = network;
    // A round trip of TCP, and one of the handshake; who does not listen says so in one.
    if (!isThere) network.time.after(rttMs, () => this.#refused());
    else network.time.after(2 * rttMs, () => this.#opened());
  }

  addEventListener(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type, listener) {
    this.#listeners.set(
      type,
      (this.#listeners.get(type) ?? []).filter((one) => one !== listener),
    );
  }

  send(text) {
    this.#later(() => this.#network.server.received(this, String(text)));
  }

  close(code = 1000) {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    const { time, rttMs } = this.#network;
    if (!this.#network.isDead) time.after(rttMs, () => this.end(code));
  }

  /** What the server says. */
  say(text) {
    this.#later(() => this.readyState === 1 && this.#tell('message', { data: text }));
  }

  end(code) {
    this.#network.ended(this);
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#tell('close', { code, reason: '', wasClean: code !== 1006 });
  }

  #later(task) {
    const { time, rttMs } = this.#network;
    time.after(rttMs / 2, () => !this.#network.isDead && task());
  }

  #opened() {
    if (this.readyState !== 0 || this.#network.isDead) return;
    if (!this.#network.isThere) return this.#refused();
    this.readyState = 1;
    this.#tell('open', {});
    this.#network.opened(this);
  }

  #refused() {
    if (this.readyState === 3) return;
    this.#tell('error', {});
    this.end(1006);
  }

  #tell(type, members) {
    const event = { type, target: this, ...members };
    this[`on${type}`]?.(event);
    for (const listener of this.#listeners.get(type) ?? []) listener.call(this, event);
  }
}
