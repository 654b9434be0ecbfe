import { duration, integer } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';

/** The number of triggers kept, of all rooms together, for clients that come back. */
export class RoomHistorySettings {
  @Setting({
    kind: integer({ min: 1, max: 1_000_000 }),
    about:
      'How many triggers are kept, of all rooms together: those of the time that clients are away, and of `history.checkPeriod`.',
  })
  readonly size: number = 10_000;

  @Setting({
    kind: duration({ min: 1000 }),
    about:
      'Nothing is kept when nothing was triggered for so long. With `rabbitmq.mode: stream`: how old triggers are that the stream keeps, at least.',
  })
  readonly ttlMs: number = 300_000;
}
