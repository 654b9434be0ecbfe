import { duration, integer } from '../kinds/number.kind.js';
import { type Disagreement, Rule, Setting } from '../kinds/setting.decorator.js';

/** The conditions for leaving an app that does not answer alone. */
@Rule(shareHasCount)
export class BreakerSettings {
  @Setting({
    kind: integer({ min: 0 }),
    about:
      'When so many tries in a row have failed, of one service, of tickets, of rooms or of one remote procedure, the app is not asked about that for a while; `0` always asks, as in SocketShark.',
  })
  readonly failures: number = 0;

  @Setting({
    kind: integer({ min: 0, max: 100 }),
    about:
      'With more than `0`, they need not be in a row: it is enough that so many percent of the tries within `window` have failed, and at least `failures`.',
  })
  readonly percent: number = 0;

  @Setting({ kind: duration({ min: 1 }), about: 'The time in which `percent` is counted.' })
  readonly windowMs: number = 10_000;

  @Setting({
    kind: duration({ min: 1 }),
    about: 'How long the app is not asked; then one request tries whether it answers again.',
  })
  readonly pauseMs: number = 10_000;
}

/** Refuses a share without the count that turns it on. */
function shareHasCount({ failures, percent }: BreakerSettings): Disagreement | undefined {
  if (percent === 0 || failures > 0) return undefined;
  return { key: 'percent', found: String(percent), expected: '0 unless failures is more than 0' };
}
