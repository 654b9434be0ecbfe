import net from 'node:net';
import { HOST, WEBSOCKET_PATH } from '../wire.mjs';
import { OPCODE, readFrames, shortFrame } from './frames.mjs';

/** All sockets read into the same buffer: what is read is used, or copied, before the next read. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

// The example of RFC 6455, section 1.3.
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** One WebSocket connection over a plain TCP socket: shakes hands, subscribes, then hands on what it gets. */
export class Subscriber {
  /** How many publications it got in the burst under way; kept by the ledger. */
  position = 0;

  #socket;
  #rest = undefined;
  #isOpen = false;
  #awaited = undefined;
  #onMessage;

  /** `onMessage(subscriber, buffer, start, end)` is called with every text frame after the subscription. */
  constructor(index, port, onMessage) {
    this.index = index;
    this.#onMessage = onMessage;
    this.#socket = net.connect({
      host: HOST,
      port,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length, buffer) => this.#read(buffer, length) },
    });
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('end', () => this.#fail('the server ended the connection'));
  }

  /** Resolves when the connection is open. */
  open() {
    this.#socket.write(
      `GET ${WEBSOCKET_PATH} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    return new Promise((resolve) => {
      this.#awaited = resolve;
    });
  }

  /** Resolves when the server has answered the event `text` with a frame that holds `"status":"ok"`. */
  subscribe(text) {
    this.#socket.write(shortFrame(OPCODE.text, Buffer.from(text)));
    return new Promise((resolve) => {
      this.#awaited = resolve;
    });
  }

  onFrame(opcode, buffer, start, end) {
    if (opcode === OPCODE.text) {
      if (this.#awaited === undefined) this.#onMessage(this, buffer, start, end);
      else this.#confirm(buffer.toString('utf8', start, end));
    } else if (opcode === OPCODE.ping) {
      this.#socket.write(shortFrame(OPCODE.pong, buffer.subarray(start, end)));
    } else if (opcode === OPCODE.close) {
      this.#fail(`closed with code ${end - start >= 2 ? buffer.readUInt16BE(start) : 'none'}`);
    }
  }

  #read(buffer, length) {
    if (this.#rest !== undefined) {
      buffer = Buffer.concat([this.#rest, buffer.subarray(0, length)]);
      length = buffer.length;
      this.#rest = undefined;
    }
    const start = this.#isOpen ? 0 : this.#shakeHands(buffer, length);
    const end = this.#isOpen ? readFrames(buffer, start, length, this) : start;
    if (end < length) this.#rest = Buffer.from(buffer.subarray(end, length));
  }

  /** Returns where the frames start, 0 as long as the answer is not complete. */
  #shakeHands(buffer, length) {
    const text = buffer.toString('latin1', 0, length);
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const head = text.slice(0, end);
    if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(ACCEPT))
      this.#fail(`refused: ${head.split('\r\n', 1)[0]}`);
    this.#isOpen = true;
    this.#settle();
    return end + 4;
  }

  #confirm(text) {
    if (!text.includes('"status":"ok"')) this.#fail(`not subscribed: ${text}`);
    this.#settle();
  }

  #settle() {
    const resolve = this.#awaited;
    this.#awaited = undefined;
    resolve?.();
  }

  #fail(reason) {
    throw new Error(`subscriber ${this.index}: ${reason}`);
  }
}
