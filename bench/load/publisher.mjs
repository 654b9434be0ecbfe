import { once } from 'node:events';
import net from 'node:net';
import { API_KEY, FIRST_SEQUENCE, HOST, SEQUENCE_DIGITS, SEQUENCE_MARK, TOPIC, dataText } from '../wire.mjs';

/** One kept-alive HTTP connection that publishes, one request at a time. */
export class Publisher {
  /** What it has published last. */
  sequence = 0;

  #socket;
  #request;
  #digitsAt;
  #onAcknowledged;
  #answer = '';
  #isWaiting = false;

  /** `onAcknowledged(publisher)` is called when the server has answered a request with success. */
  constructor(port, dataBytes, onAcknowledged) {
    this.#onAcknowledged = onAcknowledged;
    this.#request = requestFor(dataText(FIRST_SEQUENCE, dataBytes));
    this.#digitsAt = this.#request.indexOf(SEQUENCE_MARK) + SEQUENCE_MARK.length;
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

  publish(sequence) {
    this.sequence = sequence;
    this.#isWaiting = true;
    this.#request.write(String(sequence), this.#digitsAt, SEQUENCE_DIGITS, 'latin1');
    this.#socket.write(this.#request);
  }

  close() {
    this.#socket.destroy();
  }

  #read(text) {
    this.#answer += text;
    const headEnd = this.#answer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const status = Number(this.#answer.slice(9, 12));
    if (status < 200 || status > 299) this.#fail(`answered with ${this.#answer}`);
    if (this.#answer.length < headEnd + 4 + bodyBytes(status, this.#answer.slice(0, headEnd))) return;
    this.#answer = '';
    this.#isWaiting = false;
    this.#onAcknowledged(this);
  }

  /** Without a request it is idle for too long, because a delivery is missing: the burst notices that. */
  #end() {
    if (this.#isWaiting) this.#fail('the server ended the connection');
  }

  #fail(reason) {
    throw new Error(`publisher: ${reason}`);
  }
}

function requestFor(data) {
  const body = `{"subscription":${JSON.stringify(TOPIC)},"data":${data}}`;
  return Buffer.from(
    `POST /publish HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${API_KEY}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function bodyBytes(status, head) {
  if (status === 204) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('publisher: an answer without Content-Length');
  return Number(length);
}
