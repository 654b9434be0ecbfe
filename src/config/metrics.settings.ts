import { integer } from './number.kind.js';
import { Setting } from './setting.decorator.js';
import { HOST } from './text-format.js';
import { flag, text } from './text.kind.js';

/** Metrics for Prometheus. */
export class MetricsSettings {
  @Setting({ kind: flag(), about: 'Offers `GET /metrics`.' })
  readonly enabled: boolean = true;

  @Setting({
    kind: integer({ min: 0, max: 65_535 }),
    about: 'A port of their own; `0` is the port of the gateway.',
  })
  readonly port: number = 0;

  @Setting({ kind: text(HOST), about: 'The address of the port of their own.' })
  readonly host: string = '127.0.0.1';

  @Setting({
    kind: flag(),
    about: 'Offers the four `socketshark_*` series as well, for dashboards that use them.',
  })
  readonly socketsharkNames: boolean = false;
}
