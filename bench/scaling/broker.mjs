/** The Redis of gateways that are measured. */
import { Redis } from 'ioredis';
import { redisMicros } from '../leases/records.mjs';
import { startRedis } from '../services/redis.mjs';
import { HOST } from '../wire.mjs';

/** @throws where there is no redis-server. */
export async function startBroker() {
  const redis = await startRedis({ load: undefined });
  if (redis === undefined) throw new Error('There is no redis-server here.');
  const operator = new Redis(redis.port);
  const numberIn = async (section, name) =>
    Number(new RegExp(`${name}:(\\d+)`).exec(await operator.info(section))[1]);
  return {
    url: `redis://${HOST}:${redis.port}`,
    operator,
    micros: () => redisMicros(operator),
    bytes: () => numberIn('memory', 'used_memory'),
    stop: async () => {
      operator.disconnect();
      await redis.stop();
    },
  };
}
