import { createHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { DeliveryLedger } from './delivery-ledger.mjs';
import { measured } from './measured.mjs';
import { publisherOf } from './publisher.mjs';
import { SequenceFinder } from './sequence-finder.mjs';
import { watchForStall } from './stall.mjs';

const A_MINUTE_US = 60_000_000;

/**
 * Publications at fixed rates, whether or not those before have arrived: an open loop. Measures how long each delivery
 * of the first stream takes, from the writing of the request to the reading of the frame.
 */
export class Steady {
  #ledger = new DeliveryLedger();
  #finder = new SequenceFinder();
  #writtenAt = [];
  #isTimed = [];
  #firstSequence = 0;
  #settled = 0;
  #deliveries = 0;
  #latenciesUs;
  #lagsUs;

  /** `streams` are of `{ topic, perSecond, dataBytes }`. Returns quantiles in milliseconds, and what it has cost. */
  async run({ population, firstSequence, serverPid, publishing, streams, seconds }) {
    this.#ledger.begin(population.connections, population.sizes(), firstSequence);
    this.#firstSequence = firstSequence;
    this.#settled = this.#deliveries = 0;
    this.#writtenAt = [];
    this.#isTimed = [];
    this.#latenciesUs = histogram();
    this.#lagsUs = histogram();
    const publisher = publisherOf(publishing);
    await publisher.open();
    const stopWatch = watchForStall(
      () => this.#deliveries + this.#writtenAt.length,
      () => this.#ledger.describeMissing(),
    );
    const usage = await measured(serverPid, () => this.#play(publisher, streams, seconds));
    stopWatch();
    publisher.close();
    return { deliveries: this.#deliveries, ...quantiles(this.#latenciesUs), ...this.#lag(), ...usage };
  }

  onText(connection, buffer, start, end) {
    if (!connection.isReading) return;
    const sequence = this.#finder.find(buffer, start, end);
    const index = sequence - this.#firstSequence;
    if (this.#isTimed[index]) record(this.#latenciesUs, performance.now() - this.#writtenAt[index]);
    this.#deliveries++;
    if (this.#ledger.deliver(connection, sequence)) this.#settled++;
  }

  async #play(publisher, streams, seconds) {
    const due = scheduleOf(streams, seconds);
    const from = performance.now();
    for (const { atMs, topic, dataBytes, isTimed } of due) {
      const early = from + atMs - performance.now();
      if (early > 0) await wait(early);
      this.#publish(publisher, topic, dataBytes, isTimed);
      record(this.#lagsUs, Math.max(0, performance.now() - from - atMs));
    }
    // Those to a topic that nobody reads do not settle.
    const expected = due.filter(({ topic }) => this.#ledger.sizeOf(topic) > 0).length;
    while (this.#settled < expected || !publisher.isIdle) await wait(1);
  }

  #publish(publisher, topic, dataBytes, isTimed) {
    publisher.publish(topic, this.#ledger.publish(topic), dataBytes);
    this.#isTimed.push(isTimed);
    this.#writtenAt.push(performance.now());
    publisher.flush();
  }

  /** How late this process was with its own requests. */
  #lag() {
    return { lagP99Ms: this.#lagsUs.percentile(99) / 1000 };
  }
}

/** All publications of the streams in the order in which they are due. */
function scheduleOf(streams, seconds) {
  const due = streams.flatMap(({ perSecond, ...publication }, index) => {
    const count = Math.max(1, Math.round(perSecond * seconds));
    return Array.from({ length: count }, (_, n) => ({
      ...publication,
      atMs: (n * 1000) / perSecond,
      isTimed: index === 0,
    }));
  });
  return due.toSorted((one, other) => one.atMs - other.atMs);
}

function histogram() {
  return createHistogram({ lowest: 1, highest: A_MINUTE_US, figures: 3 });
}

function record(histogram, ms) {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}

function quantiles(latenciesUs) {
  const at = (percent) => latenciesUs.percentile(percent) / 1000;
  return { p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), maxMs: latenciesUs.max / 1000 };
}
