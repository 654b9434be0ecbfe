import { duration, integer, workers } from '../kinds/number.kind.js';
import { section } from '../kinds/section.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { HOST } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';
import { TlsSettings } from './tls.settings.js';

/** The main port of the gateway, and the processes that serve it. */
export class ServerSettings {
  @Setting({
    kind: text(HOST),
    env: 'KITTIWAKE_HOST',
    about: 'The address to listen on; `0.0.0.0` for all of them, as a container needs.',
  })
  readonly host: string = '127.0.0.1';

  @Setting({
    kind: integer({ min: 0, max: 65_535 }),
    env: 'KITTIWAKE_PORT',
    about: 'The port of the WebSockets and of the HTTP endpoints; `0` takes a free one.',
  })
  readonly port: number = 9000;

  @Setting({
    kind: workers(),
    env: 'KITTIWAKE_WORKERS',
    about:
      'How many processes share the port; `auto` is one for each core. Standalone only. Limits count for each of them.',
  })
  readonly workers: number | 'auto' = 1;

  @Setting({
    kind: duration(),
    about:
      'A worker process that has given no sign of life for so long is ended, and another one takes its place; `0s` never ends one.',
  })
  readonly workerTimeoutMs: number = 10_000;

  @Setting({
    kind: section(TlsSettings),
    optional: true,
    about: 'TLS; without it, the gateway speaks plain HTTP.',
  })
  readonly tls?: TlsSettings;

  @Setting({
    kind: flag(),
    about:
      "Takes the client's address from `X-Forwarded-For`. Only behind a proxy that sets it: clients can forge it.",
  })
  readonly trustProxy: boolean = false;
}
