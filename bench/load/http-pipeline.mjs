import { once } from 'node:events';
import net from 'node:net';
import { HOST } from '../wire.mjs';

const FIRST_BYTES = 64 * 1024;

/** One kept-alive HTTP connection. Requests are collected, leave together at `flush`, and are answered in their order. */
export class HttpPipeline {
  /** Requests without an answer so far. */
  inFlight = 0;

  #socket;
  #onAnswer;
  #requests = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #answers = '';

  /** `onAnswer(body)` is called for each answer. Any other status than success is an error. */
  constructor(port, onAnswer) {
    this.#onAnswer = onAnswer;
    this.#socket = net.connect({ host: HOST, port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#read(text));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('end', () => this.#end());
  }

  /** Resolves when the connection is open. */
  async open() {
    if (this.#socket.connecting) await once(this.#socket, 'connect');
  }

  /** Adds a request and returns where its copy lies: `{ buffer, start }`, valid until the next one. */
  add(request) {
    this.#reserve(request.length);
    const start = this.#length;
    request.copy(this.#requests, start);
    this.#length += request.length;
    this.inFlight++;
    return { buffer: this.#requests, start };
  }

  flush() {
    if (this.#length === 0) return;
    this.#socket.write(Buffer.from(this.#requests.subarray(0, this.#length)));
    this.#length = 0;
  }

  close() {
    this.#socket.destroy();
  }

  #reserve(bytes) {
    if (this.#length + bytes <= this.#requests.length) return;
    const larger = Buffer.allocUnsafe((this.#length + bytes) * 2);
    this.#requests.copy(larger, 0, 0, this.#length);
    this.#requests = larger;
  }

  #read(text) {
    this.#answers += text;
    let at = 0;
    for (;;) {
      const headEnd = this.#answers.indexOf('\r\n\r\n', at);
      if (headEnd < 0) break;
      const bodyAt = headEnd + 4;
      const end = bodyAt + this.#bodyLength(at, headEnd);
      if (this.#answers.length < end) break;
      this.inFlight--;
      this.#onAnswer(this.#answers.slice(bodyAt, end));
      at = end;
    }
    this.#answers = this.#answers.slice(at);
  }

  #bodyLength(at, headEnd) {
    const status = Number(this.#answers.slice(at + 9, at + 12));
    if (status < 200 || status > 299) this.#fail(`answered with ${this.#answers.slice(at, at + 500)}`);
    if (status === 204) return 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#answers.slice(at, headEnd))?.[1];
    if (length === undefined) this.#fail('an answer without Content-Length');
    return Number(length);
  }

  /** Without a request it is idle for too long, because a delivery is missing: the burst notices that. */
  #end() {
    if (this.inFlight > 0) this.#fail('the server ended the connection');
  }

  #fail(reason) {
    throw new Error(`HTTP: ${reason}`);
  }
}

/** The bytes of a POST request with a JSON body. */
export function postRequest(path, body, headers = {}) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${lines.join('')}` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
