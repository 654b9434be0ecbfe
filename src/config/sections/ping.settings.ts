import { duration } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Pings, which find connections that have ended without a close. */
export class PingSettings {
  @Setting({ kind: duration(), about: 'How often a client is pinged; `0s` is never.' })
  readonly intervalMs: number = 15_000;

  @Setting({
    kind: duration({ min: 1 }),
    about: 'A client that does not answer within this is disconnected.',
  })
  readonly timeoutMs: number = 15_000;
}
