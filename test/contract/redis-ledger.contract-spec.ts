import { Redis } from 'ioredis';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { RedisLedger } from '../../src/leases/redis/redis.ledger.js';
import { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const LEASE_MS = 100;
const PREFIX = 'gate:';
const PUB_SUB = ['+ping', '+publish', '+subscribe', '+unsubscribe', '+role', `&${PREFIX}*`];

let server: RedisServer;
let operator: Redis;
let brokers: RedisBroker[];

beforeAll(async () => {
  server = await RedisServer.start();
  operator = new Redis(server.port);
});
beforeEach(async () => {
  brokers = [];
  await operator.flushall();
});
afterEach(() => Promise.all(brokers.map((broker) => broker.stop())));
afterAll(async () => {
  operator.disconnect();
  await server.stop();
});

async function open(settings: Partial<RedisSettings> = {}, leaseMs = LEASE_MS): Promise<RedisLedger> {
  const broker = new RedisBroker(redisSettings(server, { prefix: PREFIX, ...settings }));
  brokers.push(broker);
  await new Recorder(broker).start();
  return new RedisLedger(broker.slots!, leaseMs);
}

const write = (ledger: RedisLedger, ...keys: string[]) =>
  ledger.write({ written: keys.map((key) => ({ key, text: 'topic {}' })), removed: [] });
/** That of the only node. */
const hash = async (): Promise<string> =>
  (await operator.keys(`${PREFIX}{kw}:leases:*`)).find((key) => !/(nodes|takers)$/.test(key))!;

describe('a ledger in Redis', () => {
  it('goes on when Redis has forgotten its scripts', async () => {
    const ledger = await open();
    await ledger.begin();
    await operator.script('FLUSH');
    expect(await write(ledger, 'c/1')).toBe('kept');
    await operator.script('FLUSH');
    expect(await ledger.beat()).toBe('kept');
    expect(brokers[0]!.state).toBe('ready');
  });

  it('notices with the next write that Redis was emptied', async () => {
    const ledger = await open();
    await ledger.begin();
    await write(ledger, 'c/1');
    await operator.flushall();
    expect(await write(ledger, 'c/2')).toBe('behind');
    expect(await hash()).toBeUndefined();
  });

  it('notices that a server that has less has taken the place of another', async () => {
    const ledger = await open();
    await ledger.begin();
    await write(ledger, 'c/1');
    const name = await hash();
    const before = await operator.hgetall(name);
    await write(ledger, 'c/2');
    await operator.del(name);
    await operator.hset(name, before);
    expect(await ledger.beat()).toBe('behind');
  });

  it('takes nothing of a node whose records another has taken, but removes what that has told', async () => {
    const [paused, other] = [await open(), await open()];
    await paused.begin();
    await write(paused, 'c/1', 'c/2');
    const estate = await eventually(() => other.claim());
    expect(await paused.write({ written: [{ key: 'c/3', text: 'topic {}' }], removed: ['c/2'] })).toBe(
      'fenced',
    );
    expect(await estate.keys()).toEqual(['c/1']);
    await estate.finish();
    expect(await write(paused, 'c/4')).toBe('fenced');
    expect(await operator.pttl(await hash())).toBeGreaterThan(3_600_000);
  });

  it('writes the same again when it is unknown whether it was written', async () => {
    const ledger = await open();
    await ledger.begin();
    await operator.config('SET', 'maxmemory', '1');
    await expect(write(ledger, 'c/1')).rejects.toThrow('OOM');
    await operator.config('SET', 'maxmemory', '0');
    expect(await write(ledger, 'c/1', 'c/2')).toBe('kept');
    expect((await operator.hkeys(await hash())).toSorted()).toEqual(['#', 'c/1', 'c/2']);
  });

  it('says which rights it lacks, and works with just those', async () => {
    await operator.call('ACL', 'SETUSER', 'gate', 'reset', 'on', '>secret', ...PUB_SUB);
    const url = `redis://gate:secret@127.0.0.1:${server.port}`;
    const ledger = await open({ url });
    const fault = await ledger.begin().then(
      () => '',
      (error: Error) => error.message,
    );
    const [, rights = ''] = /its user needs (.*); or set ledger\.kind to none/.exec(fault) ?? [];
    expect(rights).toContain(`~${PREFIX}{*`);
    await operator.call('ACL', 'SETUSER', 'gate', ...rights.split(' '));
    await ledger.begin();
    await write(ledger, 'c/1');
    expect(await ledger.beat()).toBe('kept');
    await ledger.probe();
    const other = await open({ url });
    const estate = await eventually(() => other.claim());
    expect(await estate.keys()).toEqual(['c/1']);
    expect(await estate.read(['c/1'])).toEqual(['topic {}']);
    expect(await estate.keep()).toBe(true);
    expect(await estate.forget(['c/1'])).toBe(true);
    await estate.finish();
    await ledger.begin();
    await ledger.rewrite([[{ key: 'c/2', text: 'topic {}' }]]);
    await ledger.end(true);
    await (await eventually(() => other.claim())).release();
    await ledger.end(false);
  });
});
