import { RedisSettings } from './redis.settings.js';
import { section } from './section.kind.js';
import { Setting } from './setting.decorator.js';
import { choice } from './text.kind.js';

export const BROKER_KINDS = ['memory', 'redis'] as const;
export type BrokerKind = (typeof BROKER_KINDS)[number];

export const LOSS_POLICIES = ['disconnect', 'exit'] as const;
export type LossPolicy = (typeof LOSS_POLICIES)[number];

/** What carries publications between nodes. */
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
