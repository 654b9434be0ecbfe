import { duration, integer } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { choice, flag } from '../../kinds/text.kind.js';

/** The ways to treat a publication that did not come through the gateway, and so has no place in the history. */
export const UNSEQUENCED_POLICIES = ['live', 'drop'] as const;
export type UnsequencedPolicy = (typeof UNSEQUENCED_POLICIES)[number];

/** The retention of each topic of a service, for clients that come back. */
export class ServiceHistorySettings {
  @Setting({
    kind: integer({ min: 1, max: 100_000 }),
    about: 'How many publications of each topic are kept.',
  })
  readonly size: number = 100;

  @Setting({
    kind: duration({ min: 1000 }),
    about: 'Nothing is kept of a topic to which nothing was published for so long.',
  })
  readonly ttlMs: number = 300_000;

  @Setting({
    kind: choice(UNSEQUENCED_POLICIES),
    about:
      'Publications of services that `PUBLISH` to Redis themselves have no place in the history: they are sent to those who are there (`live`), and a client that was away does not get them, or to nobody (`drop`).',
  })
  readonly unsequenced: UnsequencedPolicy = 'live';

  @Setting({
    kind: flag(),
    about: 'Whether `beforeSubscribe` is asked of a client, too, that gets what it has missed.',
  })
  readonly asksRecovered: boolean = true;
}
