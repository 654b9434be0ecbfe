import { bytes, duration } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { flag } from '../../kinds/text.kind.js';

/** Calls over HTTP. */
export class ProceduresHttpSettings {
  @Setting({ kind: flag(), about: 'Whether procedures can be called over HTTP on the main port.' })
  readonly enabled: boolean = true;

  @Setting({
    kind: flag(),
    about: 'Whether requests may be MessagePack; otherwise they are answered `msgpack is unavailable`.',
  })
  readonly messagePack: boolean = true;

  @Setting({ kind: bytes(), about: 'The largest request, its header included.' })
  readonly maxRequestBytes: number = 1_048_576;

  @Setting({ kind: duration({ min: 1 }), about: 'How long the body of a request may take to arrive.' })
  readonly bodyTimeoutMs: number = 15_000;

  @Setting({
    kind: flag(),
    about: 'Tells authenticated callers where in the code a procedure failed. For development.',
  })
  readonly tracebacks: boolean = false;

  @Setting({
    kind: flag(),
    about:
      'Serves the OpenAPI document of the gateway, `GET /openapi.json` for operators, and the AsyncAPI document beside it. Everybody gets to see public procedures in them, all others only who may call them.',
  })
  readonly openApi: boolean = true;

  @Setting({
    kind: flag(),
    about:
      'Serves a page that shows that document and calls procedures, `GET /kittiwake/page`. For development.',
  })
  readonly page: boolean = false;
}
