import { duration } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The times of a graceful shutdown. */
export class ShutdownSettings {
  @Setting({ kind: duration(), about: 'The clients are told to reconnect over this long, not all at once.' })
  readonly spreadMs: number = 5_000;

  @Setting({ kind: duration(), about: 'What has not ended by then is cut off.' })
  readonly timeoutMs: number = 30_000;
}
