import { duration } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Rule, Setting, type Disagreement } from '../../kinds/setting.decorator.js';
import { choice } from '../../kinds/text.kind.js';
import { RedisSettings } from './redis.settings.js';

export const BROKER_KINDS = ['memory', 'redis'] as const;
export type BrokerKind = (typeof BROKER_KINDS)[number];

export const LOSS_POLICIES = ['disconnect', 'exit'] as const;
export type LossPolicy = (typeof LOSS_POLICIES)[number];

/** The broker, which carries publications between nodes. */
@Rule(redisIsMeant)
export class BrokerSettings {
  @Setting({
    kind: choice(BROKER_KINDS),
    about: '`memory` is for one process; `redis` makes any number of nodes one gateway.',
  })
  readonly kind: BrokerKind = 'memory';

  @Setting({
    kind: choice(LOSS_POLICIES),
    about:
      'When the connection to Redis is lost: `disconnect` closes the clients, which reconnect; `exit` ends the process.',
  })
  readonly onLoss: LossPolicy = 'disconnect';

  @Setting({
    kind: duration({ min: 1 }),
    about:
      'How long the other nodes have to answer what is asked of all of them, such as who is connected; without those that have not, an answer says that it is not complete.',
  })
  readonly answerTimeoutMs: number = 2_000;

  @Setting({
    kind: section(RedisSettings),
    about: 'The Redis that publications travel through, if `kind` is `redis`.',
  })
  readonly redis: RedisSettings = new RedisSettings();

  @Setting({
    kind: section(RedisSettings),
    optional: true,
    about: 'A second Redis; what is published on either one is delivered.',
  })
  readonly redisAlt?: RedisSettings;
}

/** Refuses a Redis that is unused by oversight: the nodes would be apart. An explicit `kind: memory` is meant. */
function redisIsMeant(_: BrokerSettings, given: Readonly<Record<string, unknown>>): Disagreement | undefined {
  const named = (['redis', 'redisAlt'] as const).find((key) => (given[key] ?? undefined) !== undefined);
  if (named === undefined || (given['kind'] ?? undefined) !== undefined) return undefined;
  return { key: 'kind', found: `nothing, beside ${named}`, expected: 'redis; memory leaves it unused' };
}
