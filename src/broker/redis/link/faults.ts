import { remedyIn, TLS_FAULTS, withoutAdvice, type KnownFault } from '../../../base/tls-fault.js';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { BrokerError, faultText } from '../../broker.error.js';

/** The gateway's own words for a Redis that it cannot use. */
export const SPEAKS_TLS = 'the port speaks TLS, and TLS is not switched on';
export const SPEAKS_NO_TLS = 'the port does not speak TLS';
export const IS_REPLICA = 'it is a replica: what is published there does not reach the other nodes';
export const IS_SENTINEL = 'it is a Sentinel';

const KNOWN: readonly KnownFault[] = [
  { words: /\bWRONGPASS\b|invalid password/, cure: 'set the right user and password in its url' },
  { words: /\bNOAUTH\b/, cure: 'set its user and password in its url' },
  {
    words: /\bDENIED\b|protected mode/,
    says: 'it is in protected mode',
    cure: 'give it a password (requirepass), or set protected-mode no where nobody else reaches it',
  },
  { words: new RegExp(SPEAKS_TLS), cure: 'use rediss:// in its url, or set tls' },
  {
    words: new RegExp(`${SPEAKS_NO_TLS}|wrong version number|packet length too long`),
    says: SPEAKS_NO_TLS,
    cure: 'use redis:// in its url and leave tls out, or the port that does',
  },
  {
    words: new RegExp(`^READONLY\\b|${IS_REPLICA}`),
    says: IS_REPLICA,
    cure: 'name the primary in its url, or sentinels, or clusterNodes if it is one of a Cluster',
  },
  {
    words: new RegExp(`${IS_SENTINEL}|accepted by Sentinel instances`),
    says: IS_SENTINEL,
    cure: 'name it in sentinels, with sentinelName',
  },
  { words: /\bENOENT\b.*\.sock|connect ENOENT/, cure: 'set the path of its unixsocket in its url' },
  { words: /connect EACCES/, cure: 'let the user of the gateway use it: unixsocketperm' },
  ...TLS_FAULTS,
];

const KNOWN_OF_HISTORY: readonly KnownFault[] = [
  { words: /unknown command.*\binfo\b/i, cure: 'set identity to none: this Redis does not tell its run id' },
];

/** A fault with its remedy, if that is known. */
export interface RedisFault {
  readonly text: string;
  /** Whether the text says what to do. */
  readonly hasCure: boolean;
}

/**
 * Adds the remedy, if it is known, to the text of a fault from Redis, Node or OpenSSL.
 * @param hasHistory whether it is one of a gateway that keeps histories, which takes more rights.
 */
export function explainedRedisFault(fault: string, settings: RedisSettings, hasHistory = false): RedisFault {
  const remedy = /\bNOPERM\b/.test(fault)
    ? { cure: rightsCure(settings, hasHistory, fault) }
    : remedyIn(hasHistory ? [...KNOWN, ...KNOWN_OF_HISTORY] : KNOWN, fault);
  // The Sentinels will name another server before long.
  if (remedy?.says === IS_REPLICA && settings.sentinels.length > 0)
    return { text: IS_REPLICA, hasCure: false };
  if (!remedy) return { text: fault, hasCure: false };
  return { text: `${remedy.says ?? withoutAdvice(fault)} (${remedy.cure})`, hasCure: true };
}

/** An error with the text of a fault and its remedy. */
export function explainedError(
  what: string,
  fault: unknown,
  settings: RedisSettings,
  hasHistory = false,
): BrokerError {
  const { text, hasCure } = explainedRedisFault(faultText(fault), settings, hasHistory);
  return new BrokerError(`${what}: ${text}`, hasCure);
}

/** The text of an error with which a server refuses publications, all or ours; nothing for other errors. */
export function refusalOf(error: unknown): string | undefined {
  const text = faultText(error);
  return /^(?:READONLY|NOPERM|NOAUTH)\b/.test(text) ? text : undefined;
}

function rightsCure(settings: RedisSettings, hasHistory: boolean, fault: string): string {
  const { prefix, partitions, clusterNodes } = settings;
  const [commands, channels] =
    partitions > 0
      ? ['+ping +spublish +ssubscribe +sunsubscribe +cluster|nodes +cluster|slots', `&${prefix}{*`]
      : [
          `+ping +publish +subscribe +unsubscribe ${clusterNodes.length > 0 ? '+cluster|info' : '+role'}`,
          `&${prefix}*`,
        ];
  return `its user needs ${commands} ${channels}${hasHistory ? ` ${keyRights(settings, fault)}` : ''}`;
}

/** The rights that the scripts use. */
function keyRights({ prefix, partitions, identity }: RedisSettings, fault: string): string {
  const info = identity === 'none' ? '' : ' +info';
  const keys = partitions > 0 ? `~${prefix}{*` : `~${prefix}{kw}:*`;
  const commands = [
    HISTORY_COMMANDS,
    ...(TAKES_IN.test(fault) ? [STREAM_COMMANDS] : []),
    ...(IS_PRESENCE.test(fault) ? [PRESENCE_COMMANDS] : []),
  ];
  return `+evalsha +script|load${info} ${commands.join(' ')} ${keys}`;
}

const HISTORY_COMMANDS = '+get +mget +set +del +incr +rpush +lpop +ltrim +llen +lrange +pexpire +pttl +time';
/** Commands besides, of scripts that take in streams. */
const STREAM_COMMANDS = '+xrange +xdel +xlen';
/** Commands besides, of scripts that say who is present. */
const PRESENCE_COMMANDS = '+hget +hset +hdel +hlen +hexists +hgetall';
const IS_PRESENCE = /'h(?:get|set|del|len|exists|getall)'|COMMAND.*H(?:GET|SET|DEL|LEN|EXISTS)/i;
const TAKES_IN = /'(?:xrange|xdel|xlen)'|COMMAND.*X(?:RANGE|DEL|LEN)/i;
