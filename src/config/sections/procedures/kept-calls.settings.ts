import { bytes, duration, integer } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';

/** Settings of all calls together that outlive their connections. */
export class KeptCallsSettings {
  @Setting({
    kind: duration(),
    about:
      'Results of so long are written together; the first of a while at once. Shorter is smoother, longer is cheaper.',
  })
  readonly gatherMs: number = 100;

  @Setting({
    kind: integer({ min: 0 }),
    about: 'The most such calls of one identity that run on one node at a time; `0` is no limit.',
  })
  readonly runningPerIdentity: number = 100;

  @Setting({
    kind: integer({ min: 0 }),
    about: 'The most of one identity that one node has run and that are still kept; `0` is no limit.',
  })
  readonly keptPerIdentity: number = 1_000;

  @Setting({
    kind: bytes({ min: 0 }),
    about:
      'The most of one identity that one node has kept; beyond, it begins no more such calls. What is under way goes on. `0` is no limit.',
  })
  readonly identityBytes: number = 67_108_864;

  @Setting({
    kind: bytes({ min: 0 }),
    about: 'As `identityBytes`, of all callers together, with an identity or without. `0` is no limit.',
  })
  readonly totalBytes: number = 1_073_741_824;

  @Setting({
    kind: duration(),
    about:
      'How long such calls have to end when the gateway stops. What still runs then is handed over to another node, where its procedure allows it, or ends as lost.',
  })
  readonly shutdownMs: number = 10_000;
}
