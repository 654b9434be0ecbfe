import { DeliveryLedger } from './delivery-ledger.mjs';
import { measured } from './measured.mjs';
import { publisherOf } from './publisher.mjs';
import { SequenceFinder } from './sequence-finder.mjs';
import { watchForStall } from './stall.mjs';
import { everyTurn } from './turns.mjs';

/**
 * Publications in a closed loop: at most so many are under way, and the next one goes out when all subscribers have one
 * of them. They go to the topics of the population in turn.
 */
export class Burst {
  #ledger = new DeliveryLedger();
  #finder = new SequenceFinder();
  #order;
  #published = 0;
  #settled = 0;
  #deliveries = 0;
  #frameBytes = 0;

  /**
   * Runs one burst and returns what it has cost. With `isBlocks` as many as may be under way leave in one write, and
   * then all are awaited.
   */
  async run(order) {
    const { population, firstSequence, serverPid, publishing } = order;
    this.#order = order;
    this.#ledger.begin(population.connections, population.sizes(), firstSequence);
    this.#published = this.#settled = this.#deliveries = 0;
    const publisher = publisherOf(publishing);
    await publisher.open();
    const stopWatch = watchForStall(
      () => this.#deliveries + this.#published,
      () => this.#ledger.describeMissing(),
    );
    const usage = await measured(serverPid, () => this.#play(publisher));
    stopWatch();
    publisher.close();
    const { publications } = order;
    return { publications, deliveries: this.#deliveries, frameBytes: this.#frameBytes, ...usage };
  }

  /** Takes the payload of a text frame that a subscriber got. */
  onText(connection, buffer, start, end) {
    if (!connection.isReading) return;
    const sequence = this.#finder.find(buffer, start, end);
    this.#frameBytes = end - start;
    this.#deliveries++;
    if (this.#ledger.deliver(connection, sequence)) this.#settled++;
  }

  #play(publisher) {
    const { publications } = this.#order;
    return new Promise((resolve) => {
      everyTurn(() => {
        this.#publishWhatMay(publisher);
        publisher.flush();
        const isOver = this.#settled === publications && publisher.isIdle;
        if (isOver) resolve();
        return !isOver;
      });
    });
  }

  #publishWhatMay(publisher) {
    const { publications, underWay, topics, dataBytes, isBlocks } = this.#order;
    if (isBlocks && this.#published > this.#settled) return;
    const most = Math.min(publications, this.#settled + underWay);
    while (this.#published < most && publisher.canPublish) {
      const topic = this.#published++ % topics;
      publisher.publish(topic, this.#ledger.publish(topic), dataBytes);
    }
  }
}
