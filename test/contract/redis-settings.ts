import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';

/** Settings for a server of a test: quick to notice a loss, but not so quick that a busy machine looks like one. */
export function redisSettings(
  server: { readonly url: string },
  settings: Partial<RedisSettings> = {},
): RedisSettings {
  return {
    url: server.url,
    prefix: '',
    pingIntervalMs: 100,
    pingTimeoutMs: 500,
    connectTimeoutMs: 2000,
    sentinels: [],
    clusterNodes: [],
    partitions: 0,
    identity: 'run-id',
    ...settings,
  };
}
