import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { API_KEY, FIRST_SEQUENCE, HOST, SEQUENCE_MARK, topicName, WEBSOCKET_PATH } from '../wire.mjs';

const TOPIC = topicName(0);
const HANDSHAKES_AT_A_TIME = 100;
/** Publications after all clients are back, which all of them have to get. */
const LAST = 20;
const SLICE_MS = 100;
const DEADLINE_MS = 60_000;
const POLL_MS = 10;

/** A client that subscribes, and comes back when its connection ends. */
class Client {
  received = new Set();
  comebacks = 0;
  isHere = false;

  constructor(url, tally) {
    this.url = url;
    this.tally = tally;
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(this.url, { perMessageDeflate: false });
    this.socket.on('open', () =>
      this.socket.send(JSON.stringify({ event: 'subscribe', subscription: TOPIC })),
    );
    this.socket.on('message', (/** @type {Buffer} */ data) => this.take(data.toString()));
    this.socket.on('error', (error) => {
      if (!this.isHere) this.tally.failures.push(error.message);
    });
    this.socket.on('close', () => this.comeBack());
  }

  take(text) {
    if (this.isHere) {
      const at = text.indexOf(SEQUENCE_MARK) + SEQUENCE_MARK.length;
      this.received.add(parseInt(text.slice(at), 10));
    } else {
      this.isHere = true;
      this.tally.arrivals.push(performance.now());
    }
  }

  comeBack() {
    if (this.hasEnded) return;
    if (this.isHere) this.comebacks++;
    this.isHere = false;
    this.connect();
  }

  end() {
    this.hasEnded = true;
    this.socket.terminate();
  }
}

/** Clients of a gateway with worker processes, one or all of which are replaced while publications go on. */
export class Comeback {
  /** `disturbance`: `kill` ends a worker with SIGKILL, `roll` has all of them replaced. */
  async run({ port, serverPid, count, perSecond, disturbance }) {
    const tally = { failures: [], arrivals: [] };
    const clients = await this.#open({ port, count, tally });
    const publisher = new Publisher(port);
    const publishing = publisher.run(perSecond);
    await wait(500);
    tally.arrivals = [];
    const before = workersOf(serverPid);
    const from = performance.now();
    if (disturbance === 'kill') process.kill(before[0], 'SIGKILL');
    else process.kill(serverPid, 'SIGHUP');
    const gone = disturbance === 'kill' ? [before[0]] : before;
    await until(() => {
      const now = workersOf(serverPid);
      return now.length === before.length && !gone.some((pid) => now.includes(pid));
    }, 'other workers');
    await until(() => clients.every(({ isHere }) => isHere), 'all clients');
    const secondsUntilBack = (Math.max(from, ...tally.arrivals) - from) / 1000;
    publisher.stop();
    await publishing;
    const last = [];
    for (let n = 0; n < LAST; n++) last.push(await publisher.publish());
    await until(
      () => clients.every(({ received }) => last.every((one) => received.has(one))),
      'the last ones',
    );
    for (const client of clients) client.end();
    const stayed = clients.filter(({ comebacks }) => comebacks === 0);
    return {
      secondsUntilBack,
      left: clients.length - stayed.length,
      published: publisher.taken.length,
      lost: stayed.reduce((sum, { received }) => sum + missing(publisher.taken, received), 0),
      tries: publisher.tries,
      failures: tally.failures.length,
      mostPerSlice: mostPerSlice(tally.arrivals),
    };
  }

  async #open({ port, count, tally }) {
    const clients = [];
    const url = `ws://${HOST}:${port}${WEBSOCKET_PATH}`;
    for (let n = 0; n < count; n += HANDSHAKES_AT_A_TIME) {
      for (let k = n; k < Math.min(count, n + HANDSHAKES_AT_A_TIME); k++)
        clients.push(new Client(url, tally));
      await until(() => clients.every(({ isHere }) => isHere), 'clients');
    }
    return clients;
  }
}

/** Publishes one after the other, each over a connection of its own, and again if a worker did not live to answer. */
class Publisher {
  taken = [];
  tries = 0;
  #sequence = FIRST_SEQUENCE;
  #isStopped = false;

  constructor(port) {
    this.port = port;
  }

  async run(perSecond) {
    while (!this.#isStopped) {
      await this.publish();
      await wait(1000 / perSecond);
    }
  }

  stop() {
    this.#isStopped = true;
  }

  /** Returns the sequence number of what was taken. */
  async publish() {
    const sequence = this.#sequence++;
    do this.tries++;
    while (!(await this.#post(sequence).catch(() => false)));
    this.taken.push(sequence);
    return sequence;
  }

  #post(sequence) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: HOST,
        port: this.port,
        path: '/publish',
        method: 'POST',
        agent: false,
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      });
      request.on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode === 200));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(JSON.stringify({ subscription: TOPIC, data: { seq: sequence } }));
    });
  }
}

function missing(sequences, received) {
  return sequences.filter((sequence) => !received.has(sequence)).length;
}

function mostPerSlice(times) {
  const slices = new Map();
  for (const time of times) {
    const slice = Math.floor(time / SLICE_MS);
    slices.set(slice, (slices.get(slice) ?? 0) + 1);
  }
  return Math.max(0, ...slices.values());
}

function workersOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
}

async function until(isSo, what) {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come in time`);
    await wait(POLL_MS);
  }
}
