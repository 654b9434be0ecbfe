import { texts } from '../kinds/collection.kind.js';
import { duration, integer } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { FILLED_TEXT } from '../kinds/text-format.js';
import { choice, text } from '../kinds/text.kind.js';

/** The extent to which a client gets to see who is there. */
export const PRESENCE_VIEWS = ['none', 'count', 'members'] as const;
export type PresenceView = (typeof PRESENCE_VIEWS)[number];

/** The presence in topics of a service, or in rooms. */
export class PresenceSettings {
  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about:
      'The field that says who a member is, of what the app says of a client; `auth.identityField` if it is not set. Connections with the same value are one member, those without it are none.',
  })
  readonly key?: string;

  @Setting({
    kind: texts(FILLED_TEXT),
    about: 'Fields that are shown of a member beside its key.',
  })
  readonly info: readonly string[] = [];

  @Setting({
    kind: duration({ max: 3_600_000 }),
    about:
      'A member whose last connection was closed counts as there for so long, so that a reload is no leave.',
  })
  readonly graceMs: number = 5_000;

  @Setting({
    kind: integer({ min: 1, max: 1_000 }),
    about:
      'The most members that are told one by one; where there are more, only how many there are is told.',
  })
  readonly max: number = 100;

  @Setting({
    kind: choice(PRESENCE_VIEWS),
    about:
      'What clients that ask for it see where the app does not say it: `members`, only the `count`, or `none`.',
  })
  readonly show: PresenceView = 'none';
}
