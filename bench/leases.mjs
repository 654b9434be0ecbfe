// What it costs that the app hears of every end, and whether it does. Needs the build and redis-server.
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startGateway } from './gateway.mjs';
import { configurationOf, connectAll, startApp } from './leases/clients.mjs';
import { measureRecords } from './leases/records.mjs';
import { startRedis } from './services/redis.mjs';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    connecting: { type: 'string', default: '1000' },
  },
});
const SUBSCRIPTIONS = 5;
const [clients, rounds, connecting] = [values.clients, values.rounds, values.connecting].map(Number);
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** CPU of the gateway per client that connects, with a ledger and without, in turn. */
async function measureConnecting(redis) {
  const app = await startApp();
  const ways = [{ kind: 'none' }, { kind: 'redis' }];
  const samples = ways.map(() => []);
  for (let round = -1; round < rounds; round++)
    for (const [index, ledger] of ways.entries()) {
      const gateway = await startGateway(configurationOf(app, redis, ledger));
      await connectAll(gateway.url, { clients: 200, subscriptions: SUBSCRIPTIONS });
      const before = gateway.micros();
      await connectAll(gateway.url, { clients: connecting, subscriptions: SUBSCRIPTIONS });
      if (round >= 0) samples[index].push((gateway.micros() - before) / connecting);
      await gateway.kill();
    }
  const [without, withOne] = samples.map(median);
  console.log(
    `connecting, with ${SUBSCRIPTIONS} subscriptions: ${without.toFixed(0)} us CPU per client without a ledger, ${withOne.toFixed(0)} with one: ${(withOne / without).toFixed(2)} times`,
  );
  app.stop();
}

/** Kills a node with many clients, and counts what the app hears. */
async function chaos(redis) {
  const app = await startApp();
  const ledger = { lease: '3s', beat: '1s', rate: 5_000 };
  const configuration = configurationOf(app, redis, ledger, 'chaos:');
  const [doomed, other] = [await startGateway(configuration), await startGateway(configuration)];
  await connectAll(doomed.url, { clients: connecting, subscriptions: SUBSCRIPTIONS });
  const owed = connecting * SUBSCRIPTIONS;
  await doomed.kill();
  const killedMs = performance.now();
  for (
    const deadline = killedMs + 60_000;
    new Set(app.ends.map(({ id }) => id)).size < owed && performance.now() < deadline;
  )
    await new Promise((resolve) => setTimeout(resolve, 100));
  const told = new Set(app.ends.map(({ id }) => id)).size;
  const last = new Map();
  let disordered = 0;
  for (const { id } of app.ends) {
    const [session, number] = id.split('/');
    if (Number(number) > (last.get(session) ?? Infinity)) disordered++;
    last.set(session, Number(number));
  }
  const seconds = ((app.ends.at(-1)?.atMs ?? NaN) - killedMs) / 1000;
  console.log(
    `kill -9 of a node, lease 3 s, beat 1 s, ${ledger.rate} per second: ${told} of ${owed} ends told, ${app.ends.length - told} twice, ${disordered} out of order, the last after ${seconds.toFixed(1)} s`,
  );
  await other.kill();
  app.stop();
}

const { port, stop } = await startRedis({ load: undefined });
const redis = { url: `redis://127.0.0.1:${port}` };
const operator = new Redis(redis.url);
await measureRecords({ url: redis.url, operator, clients });
await measureConnecting(redis);
await chaos(redis);
operator.disconnect();
await stop();
process.exit(0);
