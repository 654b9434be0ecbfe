// What one of each thing costs a gateway, Redis and the wire. `docs/scaling.md` reckons with these figures.
// `node bench/scaling/costs.mjs [--results]`; needs the build and redis-server, and a quiet machine.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startApp } from '../leases/clients.mjs';
import { measuredRecords } from '../leases/records.mjs';
import { Pair } from './pair.mjs';
import { startBroker } from './broker.mjs';

const FILE = path.join(import.meta.dirname, '..', '..', 'docs', 'scaling', 'costs.json');
const DATA_BYTES = 240;
const WARM_UP = 1_000;
const CLIENTS = 5_000;

/** Topics, by their numbers. */
const ALL = 0;
const OWN = 1;
const NOBODY = 1_000_000;

const { values } = parseArgs({ options: { results: { type: 'boolean', default: false } } });
const app = await startApp();
const redis = await startBroker();
const costs = {};

async function plain() {
  const pair = await Pair.start(redis, {
    bench: { requireAuthentication: false },
    asked: { requireAuthentication: false, authorizer: `${app.url}/` },
  });
  await pair.grow(WARM_UP);
  costs.connection = await pair.perClient(CLIENTS, () => pair.grow(WARM_UP + CLIENTS));
  const { count } = pair;
  const subscribed = (nameOf) =>
    pair.perClient(count, () => pair.everyone((client, n) => client.subscribe(0, nameOf(n))));
  costs.subscription = await subscribed(() => `bench.t${ALL}`);
  costs.topic = await subscribed((n) => `bench.t${OWN + n}`);
  const asked = await subscribed(() => 'asked.all');
  costs.callback = { cpuMicros: asked.cpuMicros - costs.subscription.cpuMicros };
  const isPong = (text) => text.includes('"pong"');
  const ping = await pair.perClient(count, () =>
    pair.everyone((client) => client.request('{"event":"ping"}', isPong)),
  );
  costs.ping = { cpuMicros: ping.cpuMicros };

  const nobody = await pair.perPublication((n) => NOBODY + n, { receivers: 0, dataBytes: DATA_BYTES });
  const one = await pair.perPublication((n) => OWN + n, { receivers: 1, dataBytes: DATA_BYTES });
  const toAll = (options) =>
    pair.perPublication(() => ALL, { receivers: count, dataBytes: DATA_BYTES, ...options });
  const together = await toAll({});
  const alone = await toAll({ publications: 80, underWay: 1 });
  const delivery = (alone.here - one.here) / (count - 1);
  costs.publication = { cpuMicros: nobody.there, redisMicros: nobody.redis };
  costs.arrival = { cpuMicros: one.here - delivery, redisMicros: one.redis - nobody.redis };
  costs.delivery = { cpuMicros: delivery, overheadBytes: alone.frameBytes - DATA_BYTES };
  costs.together = { cpuMicros: (together.here - one.here) / (count - 1) };
  await pair.stop();
  return one;
}

/** @param one what a publication to one takes that is not kept */
async function kept(one) {
  const pair = await Pair.start(redis, {
    bench: { requireAuthentication: false, history: { size: 100, ttl: '5m' } },
  });
  await pair.grow(WARM_UP);
  await pair.everyone((client, n) => client.subscribe(0, `bench.t${OWN + n}`));
  const took = await pair.perPublication((n) => OWN + n, { receivers: 1, dataBytes: DATA_BYTES });
  costs.kept = {
    cpuMicros: took.there - one.there,
    arrivalMicros: took.here - one.here,
    redisMicros: took.redis - one.redis,
    redisBytes: took.redisBytes,
  };
  await pair.stop();
}

async function records() {
  const { url, operator } = redis;
  const { begun, ended, size } = await measuredRecords({ url, operator, clients: CLIENTS });
  costs.record = {
    cpuMicros: begun.node + ended.node,
    redisMicros: begun.redis + ended.redis,
    redisBytes: size,
  };
}

await kept(await plain());
await records();
await redis.stop();
app.stop();

const rounded = JSON.stringify(
  costs,
  (_, value) => (typeof value === 'number' ? Number(Math.max(0, value).toPrecision(3)) : value),
  2,
);
console.log(rounded);
if (values.results) await writeFile(FILE, `${rounded}\n`);
process.exit(0);
