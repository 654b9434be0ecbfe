import { RedisSettings } from '../sections/broker/redis.settings.js';
import type { Settings } from '../settings.js';

/**
 * Warnings of settings that work, but hardly as they were meant, or open a door: a line for each, with the remedy.
 * @param requiring the services that require authentication.
 * @param canAuthenticate whether clients can authenticate at all, be it by a provider of the app.
 */
export function warningsOf(
  settings: Settings,
  requiring: readonly string[],
  canAuthenticate: boolean,
): string[] {
  const services = canAuthenticate ? [] : requiring;
  return [
    ...weakSecrets(settings),
    ...nobodyCanAuthenticate(services),
    ...tokenWarnings(settings),
    ...mockToken(settings),
    ...anyOrigin(settings),
    ...unusedRedis(settings),
  ];
}

/** As {@link warningsOf}, for a gateway that runs by itself: no app has a provider in it. */
export function warningsAlone(settings: Settings): string[] {
  const { auth, services } = settings;
  const requiring = [...services].flatMap(([name, rules]) => (rules.requireAuthentication ? [name] : []));
  return warningsOf(settings, requiring, auth.ticket !== undefined || auth.jwt !== undefined);
}

function weakSecrets({ allowWeakSecrets }: Settings): string[] {
  if (!allowWeakSecrets) return [];
  return [
    'allowWeakSecrets: secrets that can be guessed are taken; change them, and take this setting out again',
  ];
}

function nobodyCanAuthenticate(services: readonly string[]): string[] {
  if (services.length === 0) return [];
  const names = services.map((name) => `services.${name}`).join(', ');
  return [
    `auth: nobody can subscribe to ${names}, which require authentication, and there is no way to authenticate: set auth.ticket or auth.jwt, or requireAuthentication: false`,
  ];
}

function tokenWarnings({ auth: { jwt } }: Settings): string[] {
  if (!jwt) return [];
  const audience =
    'auth.jwt.audience: not set, so that tokens are taken which the issuer has made for anybody; have it set aud, and set the same here';
  const expiry = 'auth.jwt.requireExpiry: tokens without exp are taken, and are valid for ever';
  return [...(jwt.audience === undefined ? [audience] : []), ...(jwt.requireExpiry ? [] : [expiry])];
}

function mockToken({ procedures, auth }: Settings): string[] {
  if (!procedures?.mockToken) return [];
  if (!auth.jwt) return ['procedures.mockToken: without auth.jwt no token is taken, and this one neither'];
  return [
    'procedures.mockToken: everybody who can connect is user 1 by mock_token; for development only, set it to false elsewhere',
  ];
}

/** Warns that pages of other origins could act for their visitors (cross-site WebSocket hijacking). */
function anyOrigin({ origins, rooms }: Settings): string[] {
  const cookie = Object.entries(rooms?.headers ?? {}).find(([name]) => name.toLowerCase() === 'cookie');
  if (!rooms || !origins.includes('*') || cookie?.[1] === '') return [];
  return [
    'origins: with *, any page can open rooms with the cookies of whoever looks at it, which the app is shown; name the origins of your pages, or set Cookie to an empty text in rooms.headers',
  ];
}

function unusedRedis({ broker: { kind, redis, redisAlt } }: Settings): string[] {
  const isDefault = JSON.stringify(redis) === JSON.stringify(new RedisSettings());
  if (kind !== 'memory' || (isDefault && !redisAlt)) return [];
  return [
    'broker.kind: memory leaves the Redis that is configured unused, and nodes apart; redis joins them',
  ];
}
