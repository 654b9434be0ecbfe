// What a record costs, in this process and in Redis: 20,000 clients with five subscriptions each.
import { mkdtemp, rm, stat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { RedisBroker } from '../../dist/broker/redis/redis.broker.js';
import { RedisSettings } from '../../dist/config/sections/broker/redis.settings.js';
import { FileLedger } from '../../dist/leases/file/file.ledger.js';
import { LeaseWriter } from '../../dist/leases/lease-writer.js';
import { Lease } from '../../dist/leases/lease.js';
import { RedisLedger } from '../../dist/leases/redis/redis.ledger.js';

const TIMES = { leaseMs: 15_000, beatMs: 5_000 };
const SUBSCRIPTIONS = 5;
const listener = {
  fenced: () => undefined,
  away: (fault) => console.log('away:', fault),
  back: () => undefined,
};

/** What a subscription of a shop has to say of itself: some 170 bytes. */
const body = (client, topic) =>
  `{"topic":"books.book_${(client * 5 + topic) % 20_000}","fields":{"subscription":"books.book_${(client * 5 + topic) % 20_000}","author_id":"a${client}","role":"reader","user_id":"u${client % 7_000}"}}`;

/** The CPU time of the thread of Redis that runs commands, in microseconds. */
export async function redisMicros(operator) {
  const text = await operator.info('cpu');
  const seconds = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]);
  return (seconds('used_cpu_sys_main_thread') + seconds('used_cpu_user_main_thread')) * 1e6;
}

/** Does something, and says what it took per record, of this process and of Redis. */
async function measured(records, operator, work) {
  const redisBefore = operator ? await redisMicros(operator) : 0;
  const [before, startedMs] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(before);
  const tookMs = performance.now() - startedMs;
  const redis = operator ? (await redisMicros(operator)) - redisBefore : 0;
  return { node: (user + system) / records, redis: redis / records, tookMs };
}

async function beginAll(writer, clients, perTurn) {
  const leases = [];
  let number = 0;
  for (let client = 0; client < clients; client++) {
    const session = `0b7c4c9e-3f5d-4b57-8f0e-${String(client).padStart(12, '0')}`;
    for (let topic = 0; topic < SUBSCRIPTIONS; topic++) {
      const subject = { leaseBody: () => body(client, topic) };
      const lease = new Lease(writer.book, 'topic', `${session}/${++number}`, subject);
      writer.add(lease);
      leases.push(lease);
    }
    if (client % perTurn === perTurn - 1) await turn();
  }
  await leases.at(-1).written;
  return leases;
}

async function endAll(writer, leases, perTurn) {
  for (const [index, lease] of leases.entries()) {
    lease.end();
    if (index % (perTurn * SUBSCRIPTIONS) === 0) await turn();
  }
  while (writer.book.changeCount > 0) await turn();
}

async function run(ledger, { clients, perTurn, operator, bytes }) {
  const writer = new LeaseWriter(ledger, TIMES, listener);
  const records = clients * SUBSCRIPTIONS;
  let leases;
  const begun = await measured(
    records,
    operator,
    async () => (leases = await beginAll(writer, clients, perTurn)),
  );
  const size = (await bytes()) / records;
  const ended = await measured(records, operator, () => endAll(writer, leases, perTurn));
  await writer.stop();
  return { begun, ended, size };
}

function show(name, { begun, ended, size }) {
  const cost = ({ node, redis, tookMs }) =>
    `${node.toFixed(1)} us Node, ${redis.toFixed(1)} us Redis, ${(tookMs / 1000).toFixed(2)} s in all`;
  console.log(
    `${name}\n  begin  ${cost(begun)}\n  end    ${cost(ended)}\n  kept   ${size.toFixed(0)} bytes per record`,
  );
}

/** What a record of so many clients takes in Redis, begun for so many of them in a turn. */
export async function measuredRecords({ url, operator, clients, perTurn = 4 }) {
  const broker = new RedisBroker(Object.assign(new RedisSettings(), { url, prefix: 'bench:' }));
  await broker.start({ received: () => undefined, stateChanged: () => undefined });
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await operator.info('memory'))[1]);
  const empty = await usedMemory();
  const bytes = async () => (await usedMemory()) - empty;
  const ledger = new RedisLedger(broker.slots, TIMES.leaseMs);
  const result = await run(ledger, { clients, perTurn, operator, bytes });
  await broker.stop();
  return result;
}

/** Begins and ends all, in Redis and in a file, many and few at a time. */
export async function measureRecords({ url, operator, clients }) {
  for (const [perTurn, count] of [
    [100, clients],
    [4, clients / 5],
  ])
    show(
      `records in Redis, ${count} clients x ${SUBSCRIPTIONS}, ${perTurn * SUBSCRIPTIONS} per turn`,
      await measuredRecords({ url, operator, clients: count, perTurn }),
    );
  const folder = await mkdtemp(join(tmpdir(), 'kittiwake-bench-'));
  const bytes = async () => {
    const name = (await readdir(folder)).find((file) => file.endsWith('.journal'));
    return (await stat(join(folder, name))).size;
  };
  show(
    `records in a file, ${clients} clients x ${SUBSCRIPTIONS}, ${100 * SUBSCRIPTIONS} per turn`,
    await run(new FileLedger(folder), { clients, perTurn: 100, bytes }),
  );
  await rm(folder, { recursive: true });
}
