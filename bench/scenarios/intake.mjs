import { measureBursts } from '../bursts.mjs';
import { comparison } from '../report/comparison.mjs';
import { notesOn } from '../samples.mjs';
import { startRabbitMq } from '../services/rabbitmq.mjs';
import { startRedis } from '../services/redis.mjs';
import { startRoomsApp } from '../services/rooms-app.mjs';
import { ROOMS_TARGET } from '../targets.mjs';
import { withSessions } from '../with-sessions.mjs';

const UNDER_WAY = 64;
const POPULATION = { count: 1, topics: 1 };

export const intake = {
  title: 'Publications in',
  about:
    `Publications to one subscriber, ${UNDER_WAY} under way: what it costs to take them in. By HTTP over 16 kept-alive ` +
    'connections with 4 requests each; by Redis PUBLISH; by RabbitMQ, as triggers of a room. The peers take none by ' +
    'Redis or RabbitMQ: that is Kittiwake alone. Redis and RabbitMQ run on the core of the load generator.',

  async run(bench) {
    const notes = [];
    const samples = [
      ...(await overHttp(bench)),
      ...(await overRedis(bench, notes)),
      ...(await overRabbitMq(bench, notes)),
    ];
    const of = { samples, targets: bench.targets };
    return {
      samples,
      tables: [
        comparison({
          ...of,
          title: 'CPU seconds of the server per million publications (less is better)',
          figure: ({ cpuPerMillionPublications }) => cpuPerMillionPublications,
        }),
        comparison({
          ...of,
          title: 'Publications per second (more is better; ≥: the load generator was the bottleneck)',
          figure: ({ publicationsPerSecond }) => publicationsPerSecond,
          isLessBetter: false,
          isBound: true,
        }),
      ],
      notes: [...notes, ...notesOn(samples)],
    };
  },
};

function overHttp(bench) {
  const publishing = { connections: 16, depth: 4 };
  return measure(bench, bench.targets, { cores: bench.cores }, { label: 'HTTP', publishing });
}

async function overRedis(bench, notes) {
  const kittiwake = bench.targets.filter(({ name }) => name === 'kittiwake');
  const redis = await startRedis(bench.cores);
  if (redis === undefined) {
    notes.push('Redis is left out: there is no redis-server here.');
    return [];
  }
  const settings = {
    KITTIWAKE_BROKER_KIND: 'redis',
    KITTIWAKE_BROKER_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  };
  const publishing = { way: 'redis', redisPort: redis.port, depth: UNDER_WAY };
  const where = { cores: bench.cores, options: { settings } };
  try {
    return await measure(bench, kittiwake, where, { label: 'Redis', publishing });
  } finally {
    await redis.stop();
  }
}

async function overRabbitMq(bench, notes) {
  if (!bench.targets.some(({ name }) => name === 'kittiwake')) return [];
  const rabbitMq = await startRabbitMq(bench.cores);
  if (rabbitMq === undefined) {
    notes.push('RabbitMQ is left out: there is no rabbitmq-server here.');
    return [];
  }
  const app = await startRoomsApp();
  const settings = { KITTIWAKE_ROOMS_API_URL: app.url, KITTIWAKE_ROOMS_RABBITMQ_URL: rabbitMq.url };
  const publishing = { way: 'rabbitmq', rabbitMqUrl: rabbitMq.url };
  const where = { cores: bench.cores, options: { settings } };
  try {
    return await measure(bench, [ROOMS_TARGET], where, { label: 'RabbitMQ', publishing });
  } finally {
    await app.stop();
    await rabbitMq.stop();
  }
}

function measure(bench, targets, where, { label, publishing }) {
  const burst = { underWay: UNDER_WAY, dataBytes: bench.dataBytes };
  const cases = [{ label, population: POPULATION, burst, publishing }];
  return withSessions(targets, where, (sessions) => measureBursts(sessions, cases, bench));
}
