import { duration, integer } from '../../kinds/number.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { FILE, FILLED_TEXT, HOST, PROCEDURES_PATH, WORKER_NAME } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';

/** Calls from programs of the same user: over a Unix socket, and over a TCP port that takes bare line feeds. */
export class ProceduresLocalSettings {
  @Setting({
    kind: text(FILE),
    optional: true,
    about:
      'The folder where programs of the same user find the address, the secret and the socket; without it there is neither a socket nor such a file.',
  })
  readonly stateDir?: string;

  @Setting({ kind: text(WORKER_NAME), about: 'What the files in that folder are called.' })
  readonly worker: string = 'kittiwake';

  @Setting({ kind: text(FILLED_TEXT), about: 'The name of the app, for metrics and help.' })
  readonly app: string = 'kittiwake';

  @Setting({ kind: flag(), about: 'Whether there is a Unix socket, for this user only (mode 0600).' })
  readonly socket: boolean = true;

  @Setting({
    kind: integer({ min: 0, max: 65_535 }),
    optional: true,
    about:
      'A TCP port for clients that end lines with bare line feeds, as the genuine Kettlingar client does; `0` takes a free one. Without it there is none.',
  })
  readonly port?: number;

  @Setting({ kind: text(HOST), about: 'The address of that port.' })
  readonly host: string = '127.0.0.1';

  @Setting({
    kind: text(PROCEDURES_PATH),
    optional: true,
    about:
      'What all paths begin with, on the socket and on that port; the address in the folder has it too. Without it they begin with the secret or the name of a procedure.',
  })
  readonly path?: string;

  @Setting({
    kind: integer({ min: 0, max: 64 }),
    about:
      'The most open files and sockets that come with one request over the Unix socket, or go with one answer. They are passed where the package `usocket` is installed; `0` passes none.',
  })
  readonly descriptorsPerRequest: number = 16;

  @Setting({ kind: duration({ min: 1 }), about: 'How long the header of a request may take to arrive.' })
  readonly headerTimeoutMs: number = 1_000;
}
