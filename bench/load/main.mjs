/**
 * The load generator: a process of its own that holds the connections to one server, publishes to it and asks it. Told
 * what to do over the IPC channel, one command at a time; anything that goes wrong ends it with the reason.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { FIRST_SEQUENCE, topicName } from '../wire.mjs';
import { Burst } from './burst.mjs';
import { Comeback } from './comeback.mjs';
import { Exchange } from './exchange.mjs';
import { HttpCalls } from './http-calls.mjs';
import { measured } from './measured.mjs';
import { Population } from './population.mjs';
import { Steady } from './steady.mjs';

/** A server on the same machine has nothing left to send after this long. */
const QUIET_MS = 200;

const population = new Population((...frame) => receiver.onText(...frame));
const burst = new Burst();
const steady = new Steady();
const exchange = new Exchange();
const httpCalls = new HttpCalls();
/** Who takes what comes; copies too many come to the one that published them. */
let receiver = burst;
let nextSequence = FIRST_SEQUENCE;

const commands = {
  /** See {@link Population.grow}. */
  connect: ({ serverPid, ...order }) => measured(serverPid, () => population.grow(order)),

  /** Closes all connections. */
  disconnect: ({ serverPid }) => measured(serverPid, () => population.close()),

  /** Subscribes one connection, counted from the last if negative, to one more topic. */
  async subscribe({ index, topic }) {
    await population.connections.at(index).subscribe(topic, topicName(topic));
  },

  publish(order) {
    receiver = burst;
    return burst.run({ ...order, population, firstSequence: sequences(order.publications) });
  },

  publishSteadily(order) {
    receiver = steady;
    const count = order.streams.reduce((sum, { perSecond }) => sum + perSecond * order.seconds + 1, 0);
    return steady.run({ ...order, population, firstSequence: sequences(Math.ceil(count)) });
  },

  exchange(order) {
    receiver = exchange;
    return exchange.run({ ...order, population });
  },

  comeBack: (order) => new Comeback().run(order),

  callOverHttp: (order) => httpCalls.run(order),

  async stopReading({ index }) {
    population.connections.at(index).stopReading();
  },

  readRest: ({ index }) => population.connections.at(index).readRest(QUIET_MS),

  async closeLast() {
    await population.connections.pop().close();
  },

  /** Gives copies too many the time to arrive: they end this process. */
  async quiet() {
    await wait(QUIET_MS);
  },
};

process.on('uncaughtException', (error) => {
  process.send({ error: error.message }, () => process.exit(1));
});
process.on('disconnect', () => process.exit());
process.on('message', async ({ command, ...order }) => {
  process.send({ result: await commands[command](order) });
});

function sequences(count) {
  const first = nextSequence;
  nextSequence += count;
  return first;
}
