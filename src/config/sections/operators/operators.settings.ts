import { integer } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { sections } from '../../kinds/section.kind.js';
import { ENDPOINTS_PATH, HOST, KEY_NAME } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';
import { OperatorKeySettings } from './operator-key.settings.js';

/** The port for operators of a gateway that runs by itself, unless it is set. */
const USUAL_PORT = 9001;

/** Endpoints for operators: metrics, status, the OpenAPI document and its page, the console. */
export class OperatorsSettings {
  @Setting({
    kind: flag(),
    about:
      'Offers the endpoints for operators: `/metrics`, `/status`, `/openapi.json`, `/asyncapi.json`, `/page` and `/console`.',
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
    about:
      'The address of that port. None of it but the console asks for a key: let only operators reach it.',
  })
  readonly host: string = '127.0.0.1';

  @Setting({
    kind: text(ENDPOINTS_PATH),
    optional: true,
    about:
      'Offers them on the main port too, below this path, such as `/kittiwake`; in an app, on its port and behind its guards.',
  })
  readonly path?: string;

  @Setting({
    kind: flag(),
    about: 'Offers the console, `/console`, and what it asks, `/console/api`, where they are.',
  })
  readonly console: boolean = true;

  @Setting({
    kind: sections(OperatorKeySettings, KEY_NAME),
    about:
      'Keys for the console, by the name of their holder. Without any, who comes to a port on the loopback may look, and nobody may act.',
  })
  readonly keys: ReadonlyMap<string, OperatorKeySettings> = new Map();
}

/** The settings of a gateway that runs by itself: without a port, they get {@link USUAL_PORT}. */
export function withUsualPort(settings: OperatorsSettings): OperatorsSettings {
  return Object.assign(new OperatorsSettings(), settings, { port: settings.port ?? USUAL_PORT });
}
