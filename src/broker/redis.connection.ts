import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import { brokerError, faultText } from './broker.error.js';
import {
  parseRedisUrl,
  sentinelAddresses,
  serverAddresses,
  type RedisBrokerSettings,
} from './redis.settings.js';

/**
 * The ways to connect, to be tried in turn: one, or one for each node of a Cluster, shuffled to spread the gateways
 * over the nodes. A Cluster needs no client that knows its slots: what is published on one node is heard on all.
 * @throws when the settings contradict each other or the CA file cannot be read.
 */
export async function connectionOptions(settings: RedisBrokerSettings): Promise<RedisOptions[]> {
  const { username, password, isTls } = parseRedisUrl(settings.url);
  const tls = settings.tls || isTls ? await tlsOptions(settings) : undefined;
  const options = { ...ONE_CONNECTION, username, password, tls, connectTimeout: settings.connectTimeoutMs };
  if (settings.sentinels.length > 0) return [{ ...options, ...sentinelOptions(settings, tls) }];
  const addresses = serverAddresses(settings).map((address) => ({ address, place: Math.random() }));
  return addresses
    .toSorted((a, b) => a.place - b.place)
    .map(({ address: { host, port } }) => ({ ...options, host, port }));
}

/**
 * Connects, and asks once whether Redis talks to us.
 * @param signal ends the attempt.
 * @throws with Redis' own reason when there is one: refused, wrong password, not a master.
 */
export async function openClient(options: RedisOptions, signal: AbortSignal): Promise<Redis> {
  signal.throwIfAborted();
  const client = new Redis({ ...options, replyMapping: 'legacy' });
  const faults: string[] = [];
  // Never taken away: an error without a listener would be printed on the console.
  client.on('error', (fault) => faults.push(faultText(fault)));
  client.on('sentinelError', (fault) => faults.push(faultText(fault)));
  const abort = () => destroyClient(client);
  signal.addEventListener('abort', abort);
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    destroyClient(client);
    throw brokerError(faults.join('; ') || error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return client;
}

/** Ends a connection at once, whether or not the other side still answers. */
export function destroyClient(client: Redis): void {
  // To disconnect one that has ended would leave a timer behind.
  if (client.status === 'end') return;
  client.disconnect();
  const stream = client.stream as Redis['stream'] | undefined;
  stream?.destroy();
}

/** One connection lives once: whoever opened it decides what comes after. */
const ONE_CONNECTION = {
  lazyConnect: true,
  // Works with every Redis and every proxy; nothing that RESP3 adds is needed.
  protocol: 2,
  retryStrategy: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: 'kittiwake',
} as const satisfies RedisOptions;

function sentinelOptions(settings: RedisBrokerSettings, tls: ConnectionOptions | undefined): RedisOptions {
  if (settings.clusterNodes.length > 0)
    throw new Error('Redis can be found by Sentinels or as a Cluster, not both');
  if (!settings.sentinelName) throw new Error('the Sentinels need the name of their master');
  return {
    sentinels: sentinelAddresses(settings).map(({ host, port }) => ({ host, port })),
    name: settings.sentinelName,
    sentinelPassword: settings.sentinelPassword,
    sentinelRetryStrategy: () => null,
    // A Sentinel that hangs leaves time to ask the others.
    sentinelCommandTimeout: settings.connectTimeoutMs / (settings.sentinels.length + 1),
    updateSentinels: false,
    enableTLSForSentinelMode: tls !== undefined,
    sentinelTLS: tls,
    // The ready check refuses a server that is no longer the master.
    enableReadyCheck: true,
    maxLoadingRetryTime: 100,
  };
}

async function tlsOptions({ tls }: RedisBrokerSettings): Promise<ConnectionOptions> {
  const ca = tls?.caFile === undefined ? {} : { ca: await readCaFile(tls.caFile) };
  return { ...ca, rejectUnauthorized: tls?.rejectUnauthorized ?? true };
}

async function readCaFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`the CA file for Redis cannot be read: ${faultText(cause)}`, { cause });
  }
}
