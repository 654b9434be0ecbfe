import { bytes, duration } from '../kinds/number.kind.js';
import { flag } from '../kinds/text.kind.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Settings of all services with a history together. */
export class HistorySettings {
  @Setting({
    kind: bytes(),
    about: 'What one node keeps in memory of all histories, so that clients that come back cost no read.',
  })
  readonly cacheBytes: number = 67_108_864;

  @Setting({
    kind: duration({ min: 1 }),
    about:
      'How often it is checked that nothing was missed, and clients are told positions that no message has told them.',
  })
  readonly checkPeriodMs: number = 30_000;

  @Setting({
    kind: flag(),
    about:
      'Whether publications are taken in that services leave in a stream of Redis, also while no gateway runs: `XADD`, see the protocol of topics.',
  })
  readonly ingest: boolean = false;

  @Setting({ kind: duration({ min: 1 }), about: 'How often it is looked for them.' })
  readonly ingestPeriodMs: number = 50;
}
