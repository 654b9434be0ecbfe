import { bytes, integer } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { flag } from '../kinds/text.kind.js';

/** Compression of what clients are sent, and send, for those that offer it (permessage-deflate). */
export class CompressionSettings {
  @Setting({
    kind: flag(),
    about:
      'Agrees to compress with clients that offer it; each publication is compressed once for all of them. Not for messages in which a secret stands beside what an attacker can choose: their length would tell.',
  })
  readonly enabled: boolean = false;

  @Setting({ kind: bytes(), about: 'Shorter messages are sent as they are.' })
  readonly thresholdBytes: number = 1024;

  @Setting({
    kind: integer({ min: 0 }),
    about:
      'How often as long as it came a compressed message of a client may become; beyond 16 KiB, more closes the connection with 1009. `0` is no limit but `limits.frameBytes`.',
  })
  readonly maxRatio: number = 10;
}
