/** The servers of the jitter run: each is started by `start`, which gives their ports and ends them. */
import path from 'node:path';
import { KittiwakeDialect, SocketIoDialect } from './dialects.mjs';

const here = import.meta.dirname;
const gateway = path.join(here, '..', '..', 'dist', 'server', 'main.js');
const socketIo = path.join(here, '..', 'peers', 'socketio.mjs');

const redisUrl = (redis) => `redis://127.0.0.1:${redis.port}`;

function kittiwake(port, redis) {
  return {
    KITTIWAKE_PORT: String(port),
    KITTIWAKE_OPERATORS_PORT: '0',
    KITTIWAKE_CONFIG: path.join(here, 'kittiwake.yaml'),
    ...(redis && { KITTIWAKE_BROKER_KIND: 'redis', KITTIWAKE_BROKER_REDIS_URL: redisUrl(redis) }),
  };
}

function socketio(port, redis, recovers) {
  return {
    PORT: String(port),
    ...(recovers && { RECOVERY: '1' }),
    ...(redis && { REDIS_URL: redisUrl(redis) }),
  };
}

export const TARGETS = [
  {
    name: 'kittiwake',
    label: 'Kittiwake, in memory',
    script: gateway,
    dialect: KittiwakeDialect,
    nodes: 1,
    environment: kittiwake,
  },
  {
    name: 'kittiwake-redis',
    label: 'Kittiwake, two nodes on Redis',
    script: gateway,
    dialect: KittiwakeDialect,
    nodes: 2,
    hasRedis: true,
    environment: kittiwake,
  },
  {
    name: 'socketio',
    label: 'Socket.IO',
    script: socketIo,
    dialect: SocketIoDialect,
    nodes: 1,
    environment: (port) => socketio(port),
  },
  {
    name: 'socketio-recovery',
    label: 'Socket.IO, connection state recovery in memory',
    script: socketIo,
    dialect: SocketIoDialect,
    nodes: 1,
    environment: (port) => socketio(port, undefined, true),
  },
  {
    name: 'socketio-redis',
    label: 'Socket.IO, two nodes, recovery by Redis Streams',
    script: socketIo,
    dialect: SocketIoDialect,
    nodes: 2,
    hasRedis: true,
    environment: (port, redis) => socketio(port, redis, true),
  },
];
