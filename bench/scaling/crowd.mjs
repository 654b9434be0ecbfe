// Runs the smallest plan of `docs/scaling.md` on one machine: 100,000 clients on six workers, each with a subscription.
// Lets them in, publishes to all of them and to a hundred at a time, and says what the plan had expected.
// `node bench/scaling/crowd.mjs [--clients 100000] [--workers 6]`; needs the build, and some GiB of memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { startGateway } from '../gateway.mjs';
import { Population } from '../load/population.mjs';
import { publisherOf } from '../load/publisher.mjs';
import { median } from '../statistics.mjs';
import { FIRST_SEQUENCE } from '../wire.mjs';

const COSTS = path.join(import.meta.dirname, '..', '..', 'docs', 'scaling', 'costs.json');
const DATA_BYTES = 240;
const TO_ALL = 5;
const TO_SOME = 2_000;
const RECEIVERS = 100;
const DEADLINE_MS = 240_000;
/** Below what a process may have open as a rule. */
const PER_PROCESS = 17_000;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '6' },
    member: { type: 'string' },
  },
});

/** Some of the clients, in a process of their own: tells when they are there, and what they get. */
async function member({ port, count, first, topics }) {
  let deliveries = 0;
  const population = new Population(() => deliveries++);
  process.on('message', () => process.send({ deliveries }));
  process.on('disconnect', () => process.exit());
  await population.grow({ port, count, first, dialect: 'plain', topics, firstTopic: 1, atATime: 30 });
  await Promise.all(population.connections.map((client) => client.subscribe(0, 'bench.t0')));
  process.send({ isThere: true });
}

async function main() {
  const [clients, workers] = [Number(values.clients), Number(values.workers)];
  const costs = JSON.parse(readFileSync(COSTS, 'utf8'));
  const gateway = await startGateway({
    services: { bench: { requireAuthentication: false } },
    server: { workers },
  });
  const members = [];
  const emptyBytes = await gateway.bytes();
  const before = { micros: gateway.micros(), ms: performance.now() };
  for (let first = 0; first < clients; first += PER_PROCESS) {
    const count = Math.min(PER_PROCESS, clients - first);
    const share = { port: gateway.port, count, first, topics: clients / RECEIVERS };
    members.push(fork(import.meta.filename, ['--member', JSON.stringify(share)]));
  }
  await Promise.all(members.map((child) => once(child, 'message')));
  const micros = (gateway.micros() - before.micros) / clients;
  const seconds = (performance.now() - before.ms) / 1000;
  const bytes = ((await gateway.bytes()) - emptyBytes) / clients;
  const planned = costs.connection.cpuMicros + costs.topic.cpuMicros + costs.subscription.cpuMicros;
  console.log(
    `${clients} clients with two subscriptions each let in within ${seconds.toFixed(1)} s: ${micros.toFixed(0)} us CPU each ` +
      `(planned ${planned.toFixed(0)}) and ${(bytes / 1024).toFixed(1)} KiB`,
  );

  const delivered = async () => {
    const answers = members.map((child) => once(child, 'message'));
    for (const child of members) child.send('count');
    return (await Promise.all(answers)).reduce((total, [{ deliveries }]) => total + deliveries, 0);
  };
  const publisher = publisherOf({ way: 'http', port: gateway.port, depth: 8 });
  await publisher.open();
  const until = async (expected) => {
    for (const deadline = performance.now() + DEADLINE_MS; (await delivered()) < expected; await wait(20))
      if (performance.now() > deadline) throw new Error(`${await delivered()} of ${expected} deliveries`);
  };
  let expected = 0;
  const times = [];
  const toAll = gateway.micros();
  for (let n = 0; n < TO_ALL; n++) {
    const startMs = performance.now();
    publisher.publish('0', FIRST_SEQUENCE + n, DATA_BYTES);
    publisher.flush();
    await until((expected += clients));
    times.push(performance.now() - startMs);
  }
  const each = (gateway.micros() - toAll) / TO_ALL / clients;
  console.log(
    `a publication to all: ${each.toFixed(2)} us CPU per delivery (planned ${costs.delivery.cpuMicros}), ` +
      `with all after ${median(times).toFixed(0)} ms (p50)`,
  );
  const toSome = gateway.micros();
  for (let n = 0; n < TO_SOME; n++) {
    while (!publisher.canPublish) await wait(0);
    publisher.publish(`${1 + (n % (clients / RECEIVERS))}`, FIRST_SEQUENCE + TO_ALL + n, DATA_BYTES);
    publisher.flush();
  }
  await until((expected += TO_SOME * RECEIVERS));
  const toHundred =
    costs.publication.cpuMicros + workers * costs.arrival.cpuMicros + RECEIVERS * costs.delivery.cpuMicros;
  console.log(
    `${TO_SOME} publications to ${RECEIVERS} each: ${((gateway.micros() - toSome) / TO_SOME).toFixed(0)} us CPU each ` +
      `(planned ${toHundred.toFixed(0)}); all ${await delivered()} deliveries complete`,
  );
  publisher.close();
  for (const child of members) child.kill();
  await gateway.stop();
  process.exit(0);
}

await (values.member === undefined ? main() : member(JSON.parse(values.member)));
