import type { Redis } from 'ioredis';
import { faultText } from '../../broker/broker.error.js';
import { connectionOptions, destroyClient, openClient } from '../../broker/redis/link/connection.js';
import { explainedRedisFault } from '../../broker/redis/link/faults.js';
import { describeRedis } from '../../broker/redis/link/places.js';
import { RedisRole } from '../../broker/redis/role.js';
import type { RedisSettings } from '../../config/sections/broker/redis.settings.js';
import type { Settings } from '../../config/settings.js';
import { clockFindings } from './clock.js';
import { type Finding, ok, problem, warning } from './finding.js';

const MICROSECONDS = 1_000;

/** Whether each Redis talks to us, is a primary, and keeps what is kept in it. */
export async function redisCheck(settings: Settings, signal: AbortSignal): Promise<readonly Finding[]> {
  const { kind, redis, redisAlt } = settings.broker;
  if (kind !== 'redis') return [];
  const findings = [findingsOf('broker.redis', redis, settings, signal)];
  if (redisAlt) findings.push(findingsOf('broker.redisAlt', redisAlt, settings, signal));
  return (await Promise.all(findings)).flat();
}

async function findingsOf(
  about: string,
  redis: RedisSettings,
  settings: Settings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const places = await connectionOptions(redis);
  const name = describeRedis(redis);
  for (const [index, options] of places.entries()) {
    try {
      const client = await openClient(options, signal);
      try {
        return await findingsAbout(about, name, client, redis, settings);
      } finally {
        destroyClient(client);
      }
    } catch (error) {
      if (index < places.length - 1) continue; // another node of the Cluster may answer
      const { text, hasCure } = explainedRedisFault(faultText(error), redis);
      return [problem(about, `${name}: ${text}`, hasCure ? undefined : 'start it, or set where it is')];
    }
  }
  return [];
}

async function findingsAbout(
  about: string,
  name: string,
  client: Redis,
  redis: RedisSettings,
  settings: Settings,
): Promise<readonly Finding[]> {
  const fault = redis.clusterNodes.length > 0 ? undefined : await new RedisRole().fault(client);
  if (fault !== undefined) return [problem(about, `${name}: ${explainedRedisFault(fault, redis).text}`)];
  const info = await infoOf(client);
  const version = info.get('redis_version');
  const what =
    redis.clusterNodes.length > 0 ? 'it is a Cluster, and answers' : 'it is the primary, and answers';
  const [seconds, microseconds] = (await client.time()).map(Number) as [number, number];
  return [
    ok(about, `${name}: ${what}${version === undefined ? '' : ` (version ${version})`}`),
    ...evictionFindings(about, info.get('maxmemory_policy'), settings),
    ...clockFindings(about, seconds * 1000 + microseconds / MICROSECONDS, settings),
  ];
}

/** Empty where the user may not ask. */
async function infoOf(client: Redis): Promise<ReadonlyMap<string, string>> {
  const text = await client.info().catch(() => '');
  return new Map(
    text.split('\r\n').map((line) => {
      const [name = '', value = ''] = line.split(':');
      return [name, value];
    }),
  );
}

/** A history, or a ledger, of which Redis throws keys away is one with holes. */
function evictionFindings(about: string, policy: string | undefined, settings: Settings): readonly Finding[] {
  const isKept =
    [...settings.services.values()].some(({ history }) => history) || settings.ledger.kind === 'redis';
  if (!isKept || policy === undefined || policy === 'noeviction') return [];
  const says = `maxmemory-policy is ${policy}: when its memory is full, Redis throws away histories`;
  return [warning(about, says, 'set maxmemory-policy noeviction')];
}
