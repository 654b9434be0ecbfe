import { bytes, duration } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { CALLBACK_URL } from '../../kinds/text-format.js';
import { choice, flag, text } from '../../kinds/text.kind.js';

/** The ways to treat a call that nobody watches. */
export const ABANDONED_POLICIES = ['finish', 'stop'] as const;
export type AbandonedPolicy = (typeof ABANDONED_POLICIES)[number];

/** The retention of the calls of a procedure, so that they outlive the connection of their caller. */
export class ResumableSettings {
  @Setting({
    kind: duration({ min: 1000 }),
    about: 'How long a call is kept after its last result, or its end.',
  })
  readonly ttlMs: number = 600_000;

  @Setting({
    kind: bytes({ min: 1024 }),
    about:
      'The most that is kept of one call; each write counts 128 bytes besides. A call with more ends with an error.',
  })
  readonly maxBytes: number = 1_048_576;

  @Setting({
    kind: choice(ABANDONED_POLICIES),
    about: 'Whether a call that nobody watches goes on to its end, or is stopped after `grace`.',
  })
  readonly whenAbandoned: AbandonedPolicy = 'finish';

  @Setting({
    kind: duration({ min: 100 }),
    about: 'How long nobody must have watched it; at most twice as long goes by.',
  })
  readonly graceMs: number = 30_000;

  @Setting({
    kind: flag(),
    about:
      'Whether another node may ask the app again, with `Last-Event-ID`, when the node of a call is gone: the app then goes on after that result.',
  })
  readonly takeOver: boolean = false;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Asked by POST whether somebody else than the caller may watch a call. Without it nobody may.',
  })
  readonly mayWatch?: string;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Told by POST of calls that have ended with their node.',
  })
  readonly onLost?: string;
}
