/**
 * How a client speaks to each server: what it sends when the connection is open and when frames come. A dialect has the
 * state with which a client comes back.
 */
import { topicName, WEBSOCKET_PATH } from '../wire.mjs';

const TOPIC = topicName(0);

/** Kittiwake's, with positions. */
export class KittiwakeDialect {
  static path = WEBSOCKET_PATH;
  static protocols = ['kittiwake.v1.json'];
  #position;

  /** @param seen is called with each sequence number, `ready` when it is subscribed. */
  constructor({ seen, ready }) {
    this.seen = seen;
    this.ready = ready;
  }

  /** What to send when the connection is open. */
  opened() {
    const more = this.#position === undefined ? { recover: true } : { position: this.#position };
    return [JSON.stringify({ event: 'subscribe', subscription: TOPIC, ...more })];
  }

  /** What to send for a frame. */
  take(text) {
    const { event, data, position } = JSON.parse(text);
    if (position !== undefined) this.#position = position;
    if (event === 'message') this.seen(data.seq);
    else if (event === 'subscribe') this.ready();
    return [];
  }
}

/** Socket.IO's, on Engine.IO 4, with its recovery of the state of a connection where the server has it. */
export class SocketIoDialect {
  static path = '/socket.io/?EIO=4&transport=websocket';
  static protocols = [];
  #session;
  #privateId;
  #offset;

  constructor({ seen, ready }) {
    this.seen = seen;
    this.ready = ready;
  }

  opened() {
    return [];
  }

  take(text) {
    if (text === '2') return ['3'];
    if (text[0] === '0') return [this.#connect()];
    if (text.startsWith('40')) return this.#connected(JSON.parse(text.slice(2)));
    if (text.startsWith('42')) this.#event(JSON.parse(text.slice(2)));
    else if (text.startsWith('43')) this.ready();
    return [];
  }

  #connect() {
    return this.#privateId === undefined
      ? '40'
      : `40${JSON.stringify({ pid: this.#privateId, offset: this.#offset })}`;
  }

  /** With the session that it had, it is in its rooms again. */
  #connected({ sid, pid }) {
    const isRecovered = sid === this.#session;
    this.#session = sid;
    this.#privateId = pid;
    if (!isRecovered) return [`421${JSON.stringify(['subscribe', TOPIC])}`]; // 1 is the id of the acknowledgement
    this.ready();
    return [];
  }

  #event([name, message, offset]) {
    if (name !== 'message') return;
    if (offset !== undefined) this.#offset = offset;
    this.seen(message.data.seq);
  }
}
