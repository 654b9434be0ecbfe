import { texts } from '../kinds/collection.kind.js';
import type { TextFormat } from '../kinds/kind.js';
import { bytes, duration, integer } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { choice } from '../kinds/text.kind.js';

const COUNT = integer({ min: 0 });

export const IDENTITY_POLICIES = ['reject_new', 'close_oldest'] as const;
export type IdentityPolicy = (typeof IDENTITY_POLICIES)[number];

/** The limits that can be tried out. */
const DRY_LIMITS = [
  'connections',
  'connectionsPerAddress',
  'connectionsPerIdentity',
  'subscriptionsPerSession',
  'subscriptionsPerIdentity',
  'eventsPerSecond',
] as const;
export type DryLimit = (typeof DRY_LIMITS)[number];
const DRY_LIMIT: TextFormat = {
  name: 'limit',
  expected: `one of ${DRY_LIMITS.join(', ')}`,
  accepts: (text) => DRY_LIMITS.some((limit) => limit === text),
};

/** Limits on one client, and on all of them together. */
export class LimitsSettings {
  @Setting({ kind: bytes(), about: 'The largest frame that a client may send.' })
  readonly frameBytes: number = 1_048_576;

  @Setting({
    kind: integer({ min: 1_000 }),
    about:
      'The most objects, lists and names of members that a frame, a request or a message may have together, in JSON or MessagePack: each takes many times the memory that it takes bytes.',
  })
  readonly inputParts: number = 100_000;

  @Setting({ kind: bytes(), about: 'Events of one connection that wait; beyond this, its socket is paused.' })
  readonly inboxBytes: number = 2_097_152;

  @Setting({
    kind: bytes(),
    about: 'Frames that wait for a client to read; beyond this, it is too slow and closed.',
  })
  readonly outboxBytes: number = 4_194_304;

  @Setting({ kind: COUNT, about: 'The most connections; `0` is no limit.' })
  readonly connections: number = 0;

  @Setting({ kind: COUNT, about: 'The most connections from one address; `0` is no limit.' })
  readonly connectionsPerAddress: number = 0;

  @Setting({
    kind: COUNT,
    about:
      'The most connections of one identity (`auth.identityField`), on all nodes together; `0` is no limit.',
  })
  readonly connectionsPerIdentity: number = 0;

  @Setting({
    kind: choice(IDENTITY_POLICIES),
    about:
      'What becomes of a connection beyond `connectionsPerIdentity`: `reject_new` refuses it, `close_oldest` closes the oldest one instead.',
  })
  readonly identityPolicy: IdentityPolicy = 'reject_new';

  @Setting({
    kind: integer({ min: 1, max: 128 }),
    about:
      'How many leading bits of an IPv6 address count as one address: providers give a client a whole network, most often a /64.',
  })
  readonly ipv6Prefix: number = 64;

  @Setting({
    kind: COUNT,
    about:
      'The most clients that are let in per turn of the event loop, so that many at once do not hold up those that are there; `0` is no limit.',
  })
  readonly acceptsPerTick: number = 16;

  @Setting({ kind: COUNT, about: 'Clients that wait to be let in; more are answered 503.' })
  readonly acceptQueue: number = 10_000;

  @Setting({ kind: COUNT, about: 'The most subscriptions of one session; `0` is no limit.' })
  readonly subscriptionsPerSession: number = 10_000;

  @Setting({
    kind: COUNT,
    about:
      'The most subscriptions to topics of one identity (`auth.identityField`), on all nodes together; `0` is no limit.',
  })
  readonly subscriptionsPerIdentity: number = 0;

  @Setting({
    kind: COUNT,
    about: 'The most topics that one event of a client of `kittiwake.v1.json` may name; `0` is no limit.',
  })
  readonly subscriptionsPerEvent: number = 1_000;

  @Setting({ kind: bytes(), about: 'The longest topic that a client may subscribe to.' })
  readonly topicBytes: number = 1_024;

  @Setting({
    kind: bytes(),
    about:
      'What one connection may have the gateway keep: its topics with their extra fields, its rooms with their request ids, and the frames of its calls but for one. Keys of order and throttle take what is left, and give way.',
  })
  readonly keptBytes: number = 1_048_576;

  @Setting({
    kind: integer({ min: 1 }),
    about:
      'The most keys of order, and as many of throttle, that are remembered for one subscription; those that were used longest ago are forgotten first.',
  })
  readonly keysPerSubscription: number = 10_000;

  @Setting({ kind: COUNT, about: 'The most events per second of one connection; `0` is no limit.' })
  readonly eventsPerSecond: number = 5_000;

  @Setting({
    kind: COUNT,
    optional: true,
    about:
      'How many events of one connection may come at once above `eventsPerSecond`; they count towards the seconds that follow. Unset: as many as `subscriptionsPerSession` (10,000 where that has no limit), so that a client that comes back can subscribe to all it had.',
  })
  readonly eventBurst?: number;

  @Setting({
    kind: duration(),
    about: 'A connection without an event for this long is closed; `0s` is never.',
  })
  readonly idleMs: number = 0;

  @Setting({ kind: duration({ min: 1 }), about: 'How long the HTTP upgrade may take.' })
  readonly handshakeTimeoutMs: number = 10_000;

  @Setting({
    kind: duration({ min: 1 }),
    about:
      'How long a client may take to answer a close; then its socket is destroyed. Until it is closed, the connection counts.',
  })
  readonly closeTimeoutMs: number = 2_000;

  @Setting({
    kind: texts(DRY_LIMIT),
    about:
      'Limits of this section that refuse nobody yet: what they would refuse is only counted and logged. For `connections`, `connectionsPerAddress`, `connectionsPerIdentity`, `subscriptionsPerSession`, `subscriptionsPerIdentity` and `eventsPerSecond`.',
  })
  readonly dryRun: readonly DryLimit[] = [];
}
