import { Setting } from '../../kinds/setting.decorator.js';
import { ENDPOINTS_PATH } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';

/** Health endpoints on the main port, for load balancers and supervisors. */
export class HealthSettings {
  @Setting({ kind: flag(), about: 'Offers them.' })
  readonly enabled: boolean = true;

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path that says whether the process works.' })
  readonly livePath: string = '/health/live';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path that says whether it should get clients.' })
  readonly readyPath: string = '/health/ready';
}
