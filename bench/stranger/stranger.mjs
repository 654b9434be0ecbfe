/** What strangers connect with. Each of these counts what it sends. */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';

const DEADLINE_MS = 60_000;
const SLICES_PER_SECOND = 10;
const BETWEEN_LOOKS_MS = 20;

export class Stranger {
  #sockets = new Set();
  sentBytes = 0;

  constructor(port) {
    this.port = port;
  }

  /** A WebSocket that is open; nothing of what it gets is looked at, unless by a listener. */
  async webSocket(path = '/ws', { protocols = ['kittiwake.v1.json'], ...options } = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, protocols, {
      perMessageDeflate: false,
      ...options,
    });
    this.#sockets.add(socket);
    socket.on('error', () => {}); // being refused or thrown out is what strangers live with
    await Promise.race([once(socket, 'open'), once(socket, 'close')]).catch(() => {});
    return socket;
  }

  /** Sends frames as fast as the gateway takes them, or so many in a second, and no more once it has closed. */
  async send(socket, frames, { perSecond = Infinity } = {}) {
    let sent = 0;
    for (const frame of frames) {
      if (++sent % (perSecond / SLICES_PER_SECOND) === 0) await wait(1000 / SLICES_PER_SECOND);
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(frame);
      this.sentBytes += Buffer.byteLength(frame);
      while (socket.bufferedAmount > 1 << 20 && socket.readyState === WebSocket.OPEN) await wait(1);
    }
    await this.#drained(() => socket.bufferedAmount === 0 || socket.readyState !== WebSocket.OPEN);
  }

  /** A TCP connection that has sent these bytes and, with `isReading` false, never reads. */
  async tcp(bytes, { isReading = true } = {}) {
    const socket = net.connect(this.port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.on('error', () => {});
    if (isReading) socket.resume();
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
    socket.write(bytes);
    this.sentBytes += bytes.length;
    return socket;
  }

  leave() {
    for (const socket of this.#sockets) (socket.terminate ?? socket.destroy).call(socket);
  }

  async #drained(isDrained) {
    const deadline = Date.now() + DEADLINE_MS;
    while (!isDrained() && Date.now() < deadline) await wait(BETWEEN_LOOKS_MS);
  }
}
