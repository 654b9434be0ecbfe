import { texts } from '../../kinds/collection.kind.js';
import { duration, integer } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Rule, Setting, type Disagreement } from '../../kinds/setting.decorator.js';
import { ANY_TEXT, FILLED_TEXT, HOST_AND_PORT, REDIS_URL } from '../../kinds/text-format.js';
import { choice, text } from '../../kinds/text.kind.js';
import { ClientTlsSettings } from '../client-tls.settings.js';

/** The number of slots of a cluster. */
const MAX_PARTITIONS = 16_384;

export const IDENTITIES = ['run-id', 'none'] as const;
export type RedisIdentity = (typeof IDENTITIES)[number];

/** One Redis: a single server, a server found by sentinels, or a cluster. */
@Rule(oneTopology)
@Rule(socketStandsAlone)
@Rule(sentinelsNameServer)
@Rule(partitionsNeedCluster)
@Rule(partitionsKeepPrefix)
export class RedisSettings {
  @Setting({
    kind: text(REDIS_URL),
    about:
      'The server, with user and password; `unix:///run/redis.sock` for a Unix socket. With sentinels or a cluster, its host and port play no part.',
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
    kind: integer({ min: 0, max: MAX_PARTITIONS }),
    about:
      'Sharded Pub/Sub of a cluster, on so many partitions: the same number on all nodes. 0 is plain Pub/Sub.',
  })
  readonly partitions: number = 0;

  @Setting({
    kind: choice(IDENTITIES),
    about:
      'How a server is known that has taken the place of another and may have less of the histories: by its `run-id`, or not at all (`none`), where connections to one Redis come to servers with different ones. The same on all nodes.',
  })
  readonly identity: RedisIdentity = 'run-id';

  @Setting({
    kind: section(ClientTlsSettings),
    optional: true,
    about: 'TLS; switched on by this or by `rediss://`.',
  })
  readonly tls?: ClientTlsSettings;
}

function oneTopology({ sentinels, clusterNodes }: RedisSettings): Disagreement | undefined {
  if (sentinels.length === 0 || clusterNodes.length === 0) return undefined;
  return { found: 'sentinels and clusterNodes', expected: 'at most one of them' };
}

/** Redis speaks no TLS on a Unix socket, and neither Sentinels nor a Cluster say that a server has one. */
function socketStandsAlone({ url, sentinels, clusterNodes, tls }: RedisSettings): Disagreement | undefined {
  if (!url.startsWith('unix:') || (sentinels.length === 0 && clusterNodes.length === 0 && !tls))
    return undefined;
  return {
    key: 'url',
    found: 'a Unix socket',
    expected: 'redis:// or rediss:// with sentinels, clusterNodes or tls',
  };
}

function sentinelsNameServer({ sentinels, sentinelName }: RedisSettings): Disagreement | undefined {
  if (sentinels.length > 0 === (sentinelName !== undefined)) return undefined;
  return sentinels.length > 0
    ? { key: 'sentinelName', found: 'none', expected: 'the name by which the sentinels know the server' }
    : { key: 'sentinels', found: 'none', expected: 'at least one sentinel for sentinelName' };
}

function partitionsNeedCluster({ partitions, clusterNodes }: RedisSettings): Disagreement | undefined {
  if (partitions === 0 || clusterNodes.length > 0) return undefined;
  return { key: 'clusterNodes', found: 'none', expected: 'at least one node of a cluster for partitions' };
}

/** The first braces in the name of a channel decide on its slot: they have to be those of the partition. */
function partitionsKeepPrefix({ partitions, prefix }: RedisSettings): Disagreement | undefined {
  if (partitions === 0 || !prefix.includes('{')) return undefined;
  return { key: 'prefix', found: JSON.stringify(prefix), expected: 'no brace in it, with partitions' };
}
