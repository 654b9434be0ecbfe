/**
 * Checks that every subscriber gets every publication exactly once and all in the same order. The first subscriber
 * to get its n-th publication settles which one that is; the n-th of all others must be the same.
 */
export class DeliveryLedger {
  #subscribers = 0;
  #first = 0;
  #published = 0;
  #order = [];
  #copies = [];
  #places = new Map();

  /** A new burst: sequence numbers from `first`, to this many subscribers. */
  begin(subscribers, first) {
    for (const subscriber of subscribers) subscriber.position = 0;
    this.#subscribers = subscribers.length;
    this.#first = first;
    this.#published = 0;
    this.#order = [];
    this.#copies = [];
    this.#places.clear();
  }

  publish() {
    return this.#first + this.#published++;
  }

  /**
   * Enters that a subscriber got a publication; true when it was the last copy.
   * @throws when it had it before, missed one, or got it in another order than the others.
   */
  deliver(subscriber, sequence) {
    const position = subscriber.position++;
    if (position === this.#order.length) this.#open(subscriber, sequence);
    else if (this.#order[position] !== sequence) this.#refuse(subscriber, position, sequence);
    return ++this.#copies[position] === this.#subscribers;
  }

  /** For the message of a burst that does not come to its end. */
  describeMissing() {
    const missing = this.#copies.findIndex((copies) => copies < this.#subscribers);
    if (missing >= 0) {
      const copies = `${this.#copies[missing]} of ${this.#subscribers}`;
      return `publication ${this.#order[missing]} reached ${copies} subscribers`;
    }
    return this.#order.length < this.#published
      ? `${this.#published - this.#order.length} publications reached no subscriber`
      : 'everything was delivered, but a publisher has no answer';
  }

  #open(subscriber, sequence) {
    const isPublished = sequence >= this.#first && sequence < this.#first + this.#published;
    if (!isPublished)
      throw new Error(`subscriber ${subscriber.index} got ${sequence}, which is not of this burst`);
    if (this.#places.has(sequence))
      throw new Error(`duplicate: subscriber ${subscriber.index} got ${sequence} again`);
    this.#places.set(sequence, this.#order.length);
    this.#order.push(sequence);
    this.#copies.push(0);
  }

  #refuse(subscriber, position, sequence) {
    const place = this.#places.get(sequence);
    const what = place !== undefined && place < position ? 'duplicate' : 'lost or out of order';
    throw new Error(
      `${what}: subscriber ${subscriber.index} got ${sequence} where others got ${this.#order[position]}`,
    );
  }
}
