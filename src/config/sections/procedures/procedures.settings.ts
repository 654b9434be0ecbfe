import { bytes, duration, integer } from '../../kinds/number.kind.js';
import { section, sections } from '../../kinds/section.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { PROCEDURE_NAME, PROCEDURES_PATH, SERVICE_SECRET } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';
import { ProceduresHttpSettings } from './http.settings.js';
import { KeptCallsSettings } from './kept-calls.settings.js';
import { ProceduresLocalSettings } from './local.settings.js';
import { RemoteProcedureSettings } from './remote-procedure.settings.js';

const COUNT = integer({ min: 0 });

/** Procedures: what clients may call, and how. */
export class ProceduresSettings {
  @Setting({
    kind: text(PROCEDURES_PATH),
    about: 'The path where clients connect to call procedures, and below which each has its URL.',
  })
  readonly path: string = '/rpc';

  @Setting({
    kind: sections(RemoteProcedureSettings, PROCEDURE_NAME),
    about: 'Procedures that are endpoints of the app, by name. They are set in the file.',
  })
  readonly remote: ReadonlyMap<string, RemoteProcedureSettings> = new Map();

  @Setting({
    kind: integer({ min: 1, max: 10_000 }),
    about:
      'The most connections at a time to one origin for procedures of the app: each call has one to itself. Further calls wait for one.',
  })
  readonly remoteConnections: number = 1_000;

  @Setting({
    kind: text(SERVICE_SECRET),
    optional: true,
    secret: true,
    about:
      'The service secret: who knows it may call every procedure over HTTP and run the gateway. Without one, a random one is made at each start.',
  })
  readonly secret?: string;

  @Setting({
    kind: COUNT,
    about: 'The most calls of one WebSocket at a time; `0` is no limit.',
  })
  readonly callsPerConnection: number = 1_000;

  @Setting({
    kind: COUNT,
    about: 'The most calls of one procedure at a time, where it has no limit of its own; `0` is no limit.',
  })
  readonly concurrency: number = 10_000;

  @Setting({
    kind: duration(),
    about:
      'How long a call may take that has one result, where the procedure has no deadline of its own; `0s` is for ever. Streams have only deadlines of their own.',
  })
  readonly deadlineMs: number = 60_000;

  @Setting({ kind: bytes(), about: 'The largest result, encoded; of a stream, each.' })
  readonly resultBytes: number = 10_485_760;

  @Setting({ kind: bytes(), about: 'The largest frame of a client that calls procedures.' })
  readonly frameBytes: number = 1_048_576;

  @Setting({
    kind: flag(),
    about: 'Whether a connection is closed when the token that it was opened with expires.',
  })
  readonly endWithToken: boolean = true;

  @Setting({
    kind: flag(),
    about: 'Takes the token `mock_token` for user 1. For development only: anyone can call everything.',
  })
  readonly mockToken: boolean = false;

  @Setting({ kind: section(KeptCallsSettings), about: 'Calls that outlive their connections.' })
  readonly kept: KeptCallsSettings = new KeptCallsSettings();

  @Setting({ kind: section(ProceduresHttpSettings), about: 'Calls over HTTP.' })
  readonly http: ProceduresHttpSettings = new ProceduresHttpSettings();

  @Setting({
    kind: section(ProceduresLocalSettings),
    about: 'Calls from programs of the same user, and how they find the gateway.',
  })
  readonly local: ProceduresLocalSettings = new ProceduresLocalSettings();
}
