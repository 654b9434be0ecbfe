import { topicName } from '../wire.mjs';
import { Connection } from './connection.mjs';
import { DIALECTS } from './dialects.mjs';

/** Handshakes under way at a time: below the default backlog of a Node server, 511. */
const CONCURRENT_HANDSHAKES = 100;

/** Connections from one address: below the usual number of ephemeral ports, 28,000. */
const PER_ADDRESS = 20_000;
const FIRST_PORT = 20_000;

/** Sockets that are closed at a time. */
const CLOSED_AT_ONCE = 500;

/** The connections of one server, all of one kind. */
export class Population {
  /** @type {Connection[]} */
  connections = [];
  #kind = undefined;
  #onText;

  constructor(onText) {
    this.#onText = onText;
  }

  /**
   * Brings the number of connections up to `count`: in `topics` topics, `topicsEach` of them for each connection, or
   * in none. A population of another kind is closed before. `atATime` handshakes are under way. Where several processes
   * have clients, each says how many come before its `first`: they share addresses.
   */
  async grow({ count, atATime = CONCURRENT_HANDSHAKES, ...kind }) {
    const name = JSON.stringify(kind);
    if (this.#kind !== name) await this.close();
    this.#kind = name;
    const open = async () => {
      while (this.connections.length < count) await this.#open(kind);
    };
    await Promise.all(Array.from({ length: atATime }, open));
  }

  async close() {
    const closing = this.connections;
    this.connections = [];
    while (closing.length > 0)
      await Promise.all(closing.splice(-CLOSED_AT_ONCE).map((connection) => connection.close()));
  }

  /** How many connections read what is published to each topic. */
  sizes() {
    const sizes = [];
    for (const { topics, isReading } of this.connections) {
      if (isReading) for (const topic of topics) sizes[topic] = (sizes[topic] ?? 0) + 1;
    }
    return sizes;
  }

  async #open(kind) {
    const {
      port,
      dialect: name,
      first = 0,
      topics = 0,
      firstTopic = 0,
      topicsEach = 1,
      isAuthenticated = false,
    } = kind;
    const dialect = DIALECTS[name];
    const index = this.connections.length;
    const connection = new Connection(
      index,
      { port, ...placeOf(first + index, port), dialect },
      this.#onText,
    );
    this.connections.push(connection);
    await connection.open();
    if (isAuthenticated) await connection.authenticate(`user-${index}`);
    if (topics === 0) return;
    for (let k = 0; k < topicsEach; k++) {
      const topic = firstTopic + ((index * topicsEach + k) % topics);
      await connection.subscribe(topic, topicName(topic));
    }
  }
}

/**
 * Where a connection comes from: the first ones from wherever the kernel says, the others from addresses that only
 * clients of this server use, since a port of an address that was bound is taken for a minute after its connection is
 * closed; and from ports of their own: the kernel looks long for one where many are taken.
 */
function placeOf(index, port) {
  const nth = Math.floor(index / PER_ADDRESS);
  if (nth === 0) return {};
  const localAddress = `127.${port >> 8}.${port & 255}.${1 + nth}`;
  return { localAddress, localPort: FIRST_PORT + (index % PER_ADDRESS) };
}
