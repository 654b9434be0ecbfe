import { Logger } from '@nestjs/common';
import { scrubUrl } from '../../callbacks/http/callback-url.js';
import type { StreamRequester } from '../../callbacks/stream-requester.js';
import type { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { LogParty } from '../../metrics/log-line.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import { REMOTE_ACCEPT, remoteAnswer } from './answer.js';
import type { RemoteSource } from './source.js';

type EndpointSettings = Pick<RemoteProcedureSettings, 'url' | 'headers'> & {
  readonly deadlineMs?: number | undefined;
  /** Its name for the breaker; without it there is none. */
  readonly service?: string;
};

/** A request to run a procedure. */
export interface RemoteQuestion {
  readonly body: JsonText;
  readonly signal: AbortSignal;
  /** Further ones than those of the settings. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The caller, as lines of the log name it. */
  readonly client?: LogParty | undefined;
}

/** An endpoint of the app that runs a procedure. */
export class RemoteEndpoint {
  private readonly warnings = new DigestedLog(new Logger('Procedures'));

  constructor(
    private readonly settings: EndpointSettings,
    private readonly maxBytes: number,
    private readonly requester: StreamRequester,
  ) {}

  /** Sends a request. @returns the result, see {@link remoteAnswer}, which says what is thrown, too. */
  async ask({ body, signal, headers: more, client }: RemoteQuestion): Promise<unknown> {
    const { url, headers: own, deadlineMs: timeoutMs, service } = this.settings;
    const headers = { accept: REMOTE_ACCEPT, ...own, ...more };
    const answer = await this.requester.open({ url, headers, body, service, client, timeoutMs, signal });
    return remoteAnswer(answer, this.sourceFor(client));
  }

  private sourceFor(client: LogParty | undefined): RemoteSource {
    const logged = (message: string): string => {
      const text = `POST ${scrubUrl(this.settings.url)}: ${message}`;
      this.warnings.warn('', text, client);
      return text;
    };
    return {
      maxBytes: this.maxBytes,
      fault: (message) => new CallbackError(logged(message)),
      defect: (message) => new CallbackAnswerError(logged(message)),
    };
  }
}
