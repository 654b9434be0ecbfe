import { once } from 'node:events';
import net from 'node:net';
import { HOST } from '../wire.mjs';
import { Templates } from './templates.mjs';

const LINE_END = 0x0a;

/** Publishes on the channel of the topic, as a service would, over one connection to Redis (RESP 2). */
export class RedisPublisher {
  #socket;
  #depth;
  #inFlight = 0;
  #collected = [];
  #templates = new Templates((topic, data) => {
    const message = `{"subscription":${JSON.stringify(topic)},"data":${data}}`;
    const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
    return Buffer.from(`*3\r\n${bulk('PUBLISH')}${bulk(topic)}${bulk(message)}`);
  });

  constructor({ redisPort, depth = 1 }) {
    this.#depth = depth;
    this.#socket = net.connect({ host: HOST, port: redisPort, noDelay: true });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('error', (error) => {
      throw new Error(`Redis: ${error.message}`);
    });
  }

  async open() {
    await once(this.#socket, 'connect');
  }

  get canPublish() {
    return this.#inFlight < this.#depth;
  }

  get isIdle() {
    return this.#inFlight === 0;
  }

  publish(topic, sequence, dataBytes) {
    const { bytes, digitsAt } = this.#templates.of(topic, dataBytes);
    const copy = Buffer.from(bytes);
    Templates.fill(copy, digitsAt, sequence);
    this.#collected.push(copy);
    this.#inFlight++;
  }

  flush() {
    if (this.#collected.length > 0) this.#socket.write(Buffer.concat(this.#collected));
    this.#collected = [];
  }

  close() {
    this.#socket.destroy();
  }

  /** Each answer is a line, the number of those who got it. */
  #read(bytes) {
    if (bytes.includes('-')) throw new Error(`Redis: ${bytes}`);
    for (const byte of bytes) if (byte === LINE_END) this.#inFlight--;
  }
}
