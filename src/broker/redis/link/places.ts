import { RedisSettings } from '../../../config/sections/broker/redis.settings.js';

/** Host and port of a server. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** The file of a Unix socket on which a server listens. */
export interface RedisSocket {
  readonly path: string;
}

/** The parts of a Redis URL: place, credentials, and whether to use TLS. */
export interface RedisUrl {
  readonly place: RedisAddress | RedisSocket;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** @throws when it is not a Redis URL; the message does not repeat it, for it may hold a password. */
export function parseRedisUrl(text: string): RedisUrl {
  const [, credentials = '', path] = /^unix:\/\/([^/?#@]*@)?(\/[^?#]+)/.exec(text) ?? [];
  // To the standard, a URL without a host has no user.
  const asUrl = path === undefined ? text : `redis://${credentials}localhost`;
  if (!/^rediss?:\/\//.test(asUrl) || !URL.canParse(asUrl)) {
    throw new Error(
      'the Redis URL must look like redis://user:password@host:6379, rediss://... or unix:///...',
    );
  }
  const url = new URL(asUrl);
  return {
    place: path === undefined ? addressOf(url, REDIS_PORT) : { path: decodeURIComponent(path) },
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    isTls: url.protocol === 'rediss:',
  };
}

/** The Sentinels to ask. */
export function sentinelAddresses(settings: RedisSettings): RedisAddress[] {
  return settings.sentinels.map((sentinel) => parseAddress(sentinel, SENTINEL_PORT));
}

/** The places to connect to: the nodes of the Cluster, else the server of the URL. */
export function serverPlaces(settings: RedisSettings): (RedisAddress | RedisSocket)[] {
  if (settings.clusterNodes.length === 0) return [parseRedisUrl(settings.url).place];
  return settings.clusterNodes.map((node) => parseAddress(node, REDIS_PORT));
}

/** The same Redis, connected to at other nodes of its Cluster. */
export function atNodes(settings: RedisSettings, clusterNodes: readonly string[]): RedisSettings {
  return Object.assign(new RedisSettings(), settings, { clusterNodes });
}

/** Names the server for logs and errors by host and port, without credentials. */
export function describeRedis(settings: RedisSettings): string {
  if (settings.sentinels.length > 0) {
    return `Redis "${settings.sentinelName}" (Sentinels ${list(sentinelAddresses(settings))})`;
  }
  return `Redis${settings.clusterNodes.length > 0 ? ' Cluster' : ''} at ${list(serverPlaces(settings))}`;
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const withScheme = `redis://${text}`;
  if (!URL.canParse(withScheme)) throw new Error(`"${text}" is not a host:port`);
  return addressOf(new URL(withScheme), defaultPort);
}

function addressOf(url: URL, defaultPort: number): RedisAddress {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? 'localhost' : host, port: url.port === '' ? defaultPort : Number(url.port) };
}

/** `host:port`, with brackets around an IPv6 address; or the path of a socket. */
export function formatPlace(place: RedisAddress | RedisSocket): string {
  if ('path' in place) return place.path;
  const { host, port } = place;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function list(places: (RedisAddress | RedisSocket)[]): string {
  return places.map(formatPlace).join(', ');
}
