import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { HOST } from '../wire.mjs';
import { OPCODE, clientFrame, readFrames } from './frames.mjs';

/** All sockets read into the same buffer: what is read is used, or copied, before the next read. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

// The example of RFC 6455, section 1.3.
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** One WebSocket connection of a client, over a plain TCP socket. */
export class Connection {
  /** The numbers of the topics that it is subscribed to, and how far it is with each; kept by the ledger. */
  topics = [];
  positions = [];
  /** One that does not is not counted any more. */
  isReading = true;
  /** What the server closed it with; only one that may end gets that far. */
  closeCode = undefined;
  mayEnd = false;
  hasEnded = false;

  #socket;
  #dialect;
  #rest = undefined;
  #isOpen = false;
  #awaited = undefined;
  #onText;

  /** `onText(connection, buffer, start, end)` is called with every text frame that nothing waits for. */
  constructor(index, { port, localAddress, localPort, dialect }, onText) {
    this.index = index;
    this.#dialect = dialect;
    this.#onText = onText;
    this.#socket = net.connect({
      host: HOST,
      port,
      localAddress,
      localPort,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length, buffer) => this.#read(buffer, length) },
    });
    this.#socket.on('error', (error) => this.#ended(error.message));
    this.#socket.on('end', () => this.#ended('the server ended the connection'));
  }

  /** Resolves when the connection is open and the server has greeted, where it does. */
  async open() {
    const { path, isGreeted } = this.#dialect;
    this.#socket.write(
      `GET ${typeof path === 'string' ? path : path(this.index)} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    // A greeting is waited for from the start: it may come with the answer to the handshake.
    await this.#expect(isGreeted);
  }

  /** Subscribes to a topic. */
  async subscribe(number, name) {
    await this.request(this.#dialect.subscribe(name), this.#dialect.isSubscribed);
    this.topics.push(number);
    this.positions.push(0);
  }

  async authenticate(user) {
    await this.request(this.#dialect.authenticate(user), this.#dialect.isAuthenticated);
  }

  /** Sends a text and resolves when the answer to it has come; anything else before it is an error. */
  async request(text, isAnswer) {
    const answered = this.#expect(isAnswer);
    this.send(text);
    await answered;
  }

  send(text) {
    this.#socket.write(clientFrame(OPCODE.text, Buffer.from(text)));
  }

  /** Stops reading, so that what the server sends piles up, at first in the kernel. */
  stopReading() {
    this.isReading = false;
    this.mayEnd = true;
    this.#socket.pause();
  }

  /** Reads what has piled up, without counting it, until the server has closed the connection or nothing comes. */
  async readRest(quietMs) {
    this.#socket.resume();
    let seen;
    do {
      seen = this.#socket.bytesRead;
      await wait(quietMs);
    } while (this.#socket.bytesRead > seen);
    return { isClosed: this.hasEnded, closeCode: this.closeCode, bytes: this.#socket.bytesRead };
  }

  /** Resolves when the socket is closed on this side. */
  async close() {
    this.mayEnd = true;
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroy();
    await closed;
  }

  onFrame(opcode, buffer, start, end) {
    if (opcode === OPCODE.text) this.#text(buffer, start, end);
    else if (opcode === OPCODE.ping)
      this.#socket.write(clientFrame(OPCODE.pong, buffer.subarray(start, end)));
    else if (opcode === OPCODE.close) {
      this.closeCode = end - start >= 2 ? buffer.readUInt16BE(start) : undefined;
      this.#ended(`closed with code ${this.closeCode ?? 'none'}`);
    }
  }

  #text(buffer, start, end) {
    const { keepAlive } = this.#dialect;
    if (keepAlive !== undefined && end - start === 1 && buffer[start] === keepAlive.ask.charCodeAt(0))
      this.send(keepAlive.answer);
    else if (this.#awaited === undefined) this.#onText(this, buffer, start, end);
    else this.#confirm(buffer.toString('utf8', start, end));
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
    if (this.#dialect.isGreeted === undefined) this.#settle();
    return end + 4;
  }

  #expect(isAnswer) {
    return new Promise((resolve) => {
      this.#awaited = { resolve, isAnswer };
    });
  }

  #confirm(text) {
    const { greeting } = this.#dialect;
    if (greeting?.isAsked(text)) {
      this.send(greeting.answer);
      return;
    }
    if (!this.#awaited.isAnswer(text)) this.#fail(`not the answer that was expected: ${text}`);
    this.#settle();
  }

  #settle() {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    awaited?.resolve();
  }

  #ended(reason) {
    this.hasEnded = true;
    if (!this.mayEnd) this.#fail(reason);
  }

  #fail(reason) {
    throw new Error(`connection ${this.index}: ${reason}`);
  }
}
