import { duration } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { flag } from '../../kinds/text.kind.js';

/** Metrics for Prometheus. */
export class MetricsSettings {
  @Setting({ kind: flag(), about: 'Offers `GET /metrics` where the endpoints for operators are.' })
  readonly enabled: boolean = true;

  @Setting({
    kind: duration(),
    about:
      'How long metrics are given to all who ask before they are gathered again; `0s` shares them only with who asks meanwhile.',
  })
  readonly maxAgeMs: number = 1_000;

  @Setting({
    kind: flag(),
    about: 'Offers the four `socketshark_*` series as well, for dashboards that use them.',
  })
  readonly socketsharkNames: boolean = false;
}
