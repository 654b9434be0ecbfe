import { integer } from '../kinds/number.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { ENDPOINTS_PATH, HOST } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';

/** The port for operators of a gateway that runs by itself, unless it is set. */
const USUAL_PORT = 9001;

/** Endpoints for operators: metrics, status, the OpenAPI document and its page. */
export class OperatorsSettings {
  @Setting({
    kind: flag(),
    about: 'Offers the endpoints for operators: `/metrics`, `/status`, `/openapi.json` and `/page`.',
  })
  readonly enabled: boolean = true;

  @Setting({
    kind: integer({ min: 0, max: 65_535 }),
    optional: true,
    about: `The port that they have to themselves; \`0\` takes a free one. Unless it is set, it is ${USUAL_PORT}, and in an app that imports the module there is none.`,
  })
  readonly port?: number;

  @Setting({
    kind: text(HOST),
    about: 'The address of that port. None of it asks for a key: let only operators reach it.',
  })
  readonly host: string = '127.0.0.1';

  @Setting({
    kind: text(ENDPOINTS_PATH),
    optional: true,
    about:
      'Offers them on the main port too, below this path, such as `/kittiwake`; in an app, on its port and behind its guards.',
  })
  readonly path?: string;
}

/** The settings of a gateway that runs by itself: without a port, they get {@link USUAL_PORT}. */
export function withUsualPort(settings: OperatorsSettings): OperatorsSettings {
  return Object.assign(new OperatorsSettings(), settings, { port: settings.port ?? USUAL_PORT });
}
