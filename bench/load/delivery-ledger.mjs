/**
 * Checks that every subscriber gets every publication of its topics exactly once, and all those of a topic in the same
 * order. The first subscriber to get the n-th publication of a topic settles which one that is; the n-th of all others
 * must be the same.
 */
export class DeliveryLedger {
  #sizes = [];
  #first = 0;
  /** The topic of each publication. */
  #topicOf = [];
  /** By topic: the publications in the order in which they were delivered, and how often each was. */
  #orders = [];
  #copies = [];
  #places = new Map();

  /** Publications with sequence numbers from `first` come now, to topics with so many subscribers. */
  begin(connections, sizes, first) {
    for (const connection of connections) connection.positions.fill(0);
    this.#sizes = sizes;
    this.#first = first;
    this.#topicOf = [];
    this.#orders = sizes.map(() => []);
    this.#copies = sizes.map(() => []);
    this.#places.clear();
  }

  /** Enters a publication to a topic and returns its sequence number. */
  publish(topic) {
    return this.#first + this.#topicOf.push(topic) - 1;
  }

  /** How many subscribers a topic has. */
  sizeOf(topic) {
    return this.#sizes[topic] ?? 0;
  }

  /**
   * Enters that a subscriber got a publication; true when it was the last copy.
   * @throws when it had it before, missed one, or got it in another order than the others.
   */
  deliver(connection, sequence) {
    const topic = this.#topicOf[sequence - this.#first];
    const slot = topic === undefined ? -1 : connection.topics.indexOf(topic);
    if (slot < 0) throw new Error(`connection ${connection.index} got ${sequence}, which is not for it`);
    const position = connection.positions[slot]++;
    const order = this.#orders[topic];
    if (position === order.length) this.#open(connection, topic, sequence);
    else if (order[position] !== sequence) this.#refuse(connection, order[position], position, sequence);
    return ++this.#copies[topic][position] === this.#sizes[topic];
  }

  /** For the message of a burst that does not come to its end. */
  describeMissing() {
    for (const topic of new Set(this.#topicOf)) {
      const position = this.#copies[topic].findIndex((count) => count < this.#sizes[topic]);
      if (position < 0) continue;
      const reached = `${this.#copies[topic][position]} of ${this.#sizes[topic]}`;
      return `publication ${this.#orders[topic][position]} reached ${reached} subscribers`;
    }
    const missing = this.#topicOf.length - this.#places.size;
    return missing > 0
      ? `${missing} publications reached no subscriber`
      : 'everything was delivered, but a publisher has no answer';
  }

  #open(connection, topic, sequence) {
    if (this.#places.has(sequence))
      throw new Error(`duplicate: connection ${connection.index} got ${sequence} again`);
    this.#places.set(sequence, this.#orders[topic].length);
    this.#orders[topic].push(sequence);
    this.#copies[topic].push(0);
  }

  #refuse(connection, expected, position, sequence) {
    const place = this.#places.get(sequence);
    const what = place !== undefined && place < position ? 'duplicate' : 'lost or out of order';
    throw new Error(`${what}: connection ${connection.index} got ${sequence} where others got ${expected}`);
  }
}
