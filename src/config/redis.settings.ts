import { texts } from './collection.kind.js';
import { duration } from './number.kind.js';
import { RedisTlsSettings } from './redis-tls.settings.js';
import { section } from './section.kind.js';
import { Rule, Setting, type Disagreement } from './setting.decorator.js';
import { ANY_TEXT, FILLED_TEXT, HOST_AND_PORT, REDIS_URL } from './text-format.js';
import { text } from './text.kind.js';

/** One Redis: a single server, a server found by sentinels, or a cluster. */
@Rule(oneTopology)
@Rule(sentinelsNameServer)
export class RedisSettings {
  @Setting({
    kind: text(REDIS_URL),
    about: 'The server, with user and password. With sentinels or a cluster, its host and port play no part.',
  })
  readonly url: string = 'redis://127.0.0.1:6379';

  @Setting({ kind: text(ANY_TEXT), about: 'What the names of channels in Redis begin with.' })
  readonly prefix: string = '';

  @Setting({ kind: duration({ min: 1 }), about: 'How often the connection is tested.' })
  readonly pingIntervalMs: number = 10_000;

  @Setting({
    kind: duration({ min: 1 }),
    about: 'A connection that does not answer the test in time is lost.',
  })
  readonly pingTimeoutMs: number = 5_000;

  @Setting({ kind: duration({ min: 1 }), about: 'How long connecting may take.' })
  readonly connectTimeoutMs: number = 10_000;

  @Setting({ kind: texts(HOST_AND_PORT), about: 'The sentinels, instead of the host in the URL.' })
  readonly sentinels: readonly string[] = [];

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about: 'The name by which the sentinels know the server.',
  })
  readonly sentinelName?: string;

  @Setting({ kind: text(FILLED_TEXT), optional: true, secret: true, about: 'The password of the sentinels.' })
  readonly sentinelPassword?: string;

  @Setting({ kind: texts(HOST_AND_PORT), about: 'Nodes of a cluster, instead of the host in the URL.' })
  readonly clusterNodes: readonly string[] = [];

  @Setting({
    kind: section(RedisTlsSettings),
    optional: true,
    about: 'TLS; switched on by this or by `rediss://`.',
  })
  readonly tls?: RedisTlsSettings;
}

function oneTopology({ sentinels, clusterNodes }: RedisSettings): Disagreement | undefined {
  if (sentinels.length === 0 || clusterNodes.length === 0) return undefined;
  return { found: 'sentinels and clusterNodes', expected: 'at most one of them' };
}

function sentinelsNameServer({ sentinels, sentinelName }: RedisSettings): Disagreement | undefined {
  if (sentinels.length > 0 === (sentinelName !== undefined)) return undefined;
  return sentinels.length > 0
    ? { key: 'sentinelName', found: 'none', expected: 'the name by which the sentinels know the server' }
    : { key: 'sentinels', found: 'none', expected: 'at least one sentinel for sentinelName' };
}
