import { cpuSeconds } from '../process-usage.mjs';
import { SEQUENCE_DIGITS, SEQUENCE_MARK } from '../wire.mjs';
import { DeliveryLedger } from './delivery-ledger.mjs';
import { Publisher } from './publisher.mjs';

/** Without any delivery for this long, at most twice as long, a publication counts as lost. */
const STALL_MS = 5000;

const MARK = Buffer.from(SEQUENCE_MARK);

/**
 * Publications in a closed loop: as many connections as publications under way, and each publishes its next one
 * when all subscribers have the one before and the server has answered.
 */
export class Burst {
  #ledger = new DeliveryLedger();
  #sequenceAt = 0;
  #pending = new Map();
  #left = 0;
  #unsettled = 0;
  #deliveries = 0;
  #frameBytes = 0;
  #finish = undefined;

  /** Runs one burst and returns what it cost. */
  async run({ subscribers, port, serverPid, firstSequence, publications, underWay, dataBytes }) {
    this.#ledger.begin(subscribers, firstSequence);
    this.#left = publications;
    this.#unsettled = publications;
    this.#deliveries = 0;
    const publishers = Array.from(
      { length: Math.min(underWay, publications) },
      () => new Publisher(port, dataBytes, (publisher) => this.#settleHalf(publisher.sequence)),
    );
    await Promise.all(publishers.map((publisher) => publisher.open()));
    const stall = this.#watchForStall();
    const before = usage(serverPid);
    await new Promise((resolve) => {
      this.#finish = resolve;
      for (const publisher of publishers) this.#publishNext(publisher);
    });
    const after = usage(serverPid);
    clearInterval(stall);
    for (const publisher of publishers) publisher.close();
    return {
      publications,
      deliveries: this.#deliveries,
      frameBytes: this.#frameBytes,
      ...difference(before, after),
    };
  }

  /** Takes the payload of a text frame that a subscriber got. */
  onMessage(subscriber, buffer, start, end) {
    const sequence = this.#sequenceIn(buffer, start, end);
    this.#frameBytes = end - start;
    this.#deliveries++;
    if (this.#ledger.deliver(subscriber, sequence)) this.#settleHalf(sequence);
  }

  #publishNext(publisher) {
    if (this.#left === 0) return;
    this.#left--;
    const sequence = this.#ledger.publish();
    this.#pending.set(sequence, { publisher, halves: 2 });
    publisher.publish(sequence);
  }

  /** One half is the answer of the server, the other that all subscribers have it. */
  #settleHalf(sequence) {
    const pending = this.#pending.get(sequence);
    if (--pending.halves > 0) return;
    this.#pending.delete(sequence);
    if (--this.#unsettled === 0) this.#finish();
    else this.#publishNext(pending.publisher);
  }

  /** The number stands at the same place in all frames of a server, so it is searched for only once. */
  #sequenceIn(buffer, start, end) {
    let at = start + this.#sequenceAt;
    if (!isMarkAt(buffer, at)) {
      at = buffer.indexOf(MARK, start);
      if (at < 0 || at + MARK.length + SEQUENCE_DIGITS > end) {
        throw new Error(`not a publication: ${buffer.toString('utf8', start, Math.min(end, start + 200))}`);
      }
      this.#sequenceAt = at - start;
    }
    let sequence = 0;
    at += MARK.length;
    for (const last = at + SEQUENCE_DIGITS; at < last; at++) sequence = sequence * 10 + buffer[at] - 0x30;
    return sequence;
  }

  #watchForStall() {
    let seen = -1;
    return setInterval(() => {
      if (seen === this.#deliveries) throw new Error(`lost: ${this.#ledger.describeMissing()}`);
      seen = this.#deliveries;
    }, STALL_MS);
  }
}

function isMarkAt(buffer, at) {
  for (let i = 0; i < MARK.length; i++) if (buffer[at + i] !== MARK[i]) return false;
  return true;
}

function usage(serverPid) {
  const own = process.cpuUsage();
  return {
    server: cpuSeconds(serverPid),
    load: (own.user + own.system) / 1e6,
    wall: performance.now() / 1000,
  };
}

function difference(before, after) {
  return {
    serverCpuSeconds: before.server === undefined ? undefined : after.server - before.server,
    loadCpuSeconds: after.load - before.load,
    seconds: after.wall - before.wall,
  };
}
