import type { ConnectionOptions } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import { readTls } from '../../../config/client-tls.js';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { ClientTlsSettings } from '../../../config/sections/client-tls.settings.js';
import { brokerError, faultText } from '../../broker.error.js';
import { parseRedisUrl, sentinelAddresses, serverPlaces } from './places.js';

/**
 * The ways to connect, to be tried in turn: one, or one for each node of a Cluster, shuffled to spread the gateways
 * over the nodes. Plain Pub/Sub needs no client that knows the slots: a publication on one node reaches all.
 * @throws when the settings contradict each other or a PEM file cannot be read.
 */
export async function connectionOptions(settings: RedisSettings): Promise<RedisOptions[]> {
  const { username, password, isTls } = parseRedisUrl(settings.url);
  const tls =
    settings.tls || isTls ? await readTls('Redis', settings.tls ?? new ClientTlsSettings()) : undefined;
  const options = { ...ONE_CONNECTION, username, password, tls, connectTimeout: settings.connectTimeoutMs };
  if (settings.sentinels.length > 0) return [{ ...options, ...sentinelOptions(settings, tls) }];
  const places = serverPlaces(settings).map((place) => ({ place, turn: Math.random() }));
  return places.toSorted((a, b) => a.turn - b.turn).map(({ place }) => ({ ...options, ...place }));
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
  return guarded(client, signal, async () => {
    try {
      await client.connect();
      await client.ping();
      return client;
    } catch (error) {
      throw brokerError(faults.join('; ') || error);
    }
  });
}

/** Runs a task on a connection, which ends when the task fails or the signal is aborted. */
export async function guarded<T>(client: Redis, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  const abort = () => destroyClient(client);
  signal.addEventListener('abort', abort);
  try {
    return await task();
  } catch (error) {
    destroyClient(client);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Ends a connection at once, whether or not the other side still answers. */
export function destroyClient(client: Redis): void {
  // To disconnect one that has ended would leave a timer behind.
  if (client.status === 'end') return;
  client.disconnect();
  const stream = client.stream as Redis['stream'] | undefined;
  stream?.destroy();
}

/** A connection does not reconnect by itself: its owner decides. */
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

function sentinelOptions(settings: RedisSettings, tls: ConnectionOptions | undefined): RedisOptions {
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
  };
}
