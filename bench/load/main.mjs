/**
 * The load generator: a process of its own that holds the subscribers of one server and publishes to it. Told what
 * to do over the IPC channel, one command at a time; anything that goes wrong ends it with the reason.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { FIRST_SEQUENCE } from '../wire.mjs';
import { Burst } from './burst.mjs';
import { Subscriber } from './subscriber.mjs';

/** Handshakes under way at a time: below the default backlog of a Node server, 511. */
const CONCURRENT_HANDSHAKES = 100;

/** A server on the same machine has nothing left to send after this long. */
const QUIET_MS = 200;

const burst = new Burst();
const subscribers = [];
let nextSequence = FIRST_SEQUENCE;

const commands = {
  /** Opens connections until there are `count`, and subscribes with the text `subscribe`, if there is one. */
  async connect({ port, count, subscribe }) {
    const open = async () => {
      while (subscribers.length < count) {
        const subscriber = new Subscriber(subscribers.length, port, onMessage);
        subscribers.push(subscriber);
        await subscriber.open();
        if (subscribe !== undefined) await subscriber.subscribe(subscribe);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_HANDSHAKES }, open));
    return { connections: subscribers.length };
  },

  async publish(order) {
    const firstSequence = nextSequence;
    nextSequence += order.publications;
    return burst.run({ ...order, subscribers, firstSequence });
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

function onMessage(subscriber, buffer, start, end) {
  burst.onMessage(subscriber, buffer, start, end);
}
