import { FILLED_TEXT } from '../../kinds/text-format.js';
import { text } from '../../kinds/text.kind.js';
import { duration, integer } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { JwtSettings } from './jwt.settings.js';
import { TicketSettings } from './ticket.settings.js';

/** Authentication of clients, and its limits. */
export class AuthSettings {
  @Setting({
    kind: section(TicketSettings),
    optional: true,
    about: 'Authentication by a ticket that the app validates.',
  })
  readonly ticket?: TicketSettings;

  @Setting({ kind: section(JwtSettings), optional: true, about: 'Authentication by a JSON Web Token.' })
  readonly jwt?: JwtSettings;

  @Setting({
    kind: text(FILLED_TEXT),
    about:
      'The field of the identity that says whose a client is: services disconnect and revoke by it, and limits count by it.',
  })
  readonly identityField: string = 'user_id';

  @Setting({
    kind: duration({ min: 1 }),
    about:
      'How long a revocation is remembered that does not say for how long: at least as long as tokens live, or they are good again.',
  })
  readonly revocationTtlMs: number = 2_073_600_000;

  @Setting({
    kind: integer({ min: 1 }),
    about: 'The most revocations that are remembered at a time: every node has all of them in memory.',
  })
  readonly maxRevocations: number = 100_000;

  @Setting({
    kind: duration(),
    about: 'A connection that has neither authenticated nor subscribed by then is closed; `0s` is never.',
  })
  readonly deadlineMs: number = 60_000;

  @Setting({
    kind: integer({ min: 0 }),
    about:
      'How many authentications of a connection may be refused in a row; the last one closes it with 4401, since looking at proofs is dear. `0` is no limit.',
  })
  readonly maxFailures: number = 5;

  @Setting({
    kind: integer({ min: 0 }),
    about:
      'How many authentications from one address may be refused in a minute, by each process; then none of it is looked at for a while, but those of clients that have authenticated before. IPv6 by `limits.ipv6Prefix`. Behind a proxy `server.trustProxy` must be on, or all clients have one address. `0` is no limit.',
  })
  readonly maxFailuresPerAddress: number = 1_000;
}
