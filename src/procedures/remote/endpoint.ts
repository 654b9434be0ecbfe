import { Logger } from '@nestjs/common';
import { scrubUrl } from '../../callbacks/http/callback-url.js';
import type { StreamRequester } from '../../callbacks/stream-requester.js';
import type { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import { REMOTE_ACCEPT, remoteAnswer } from './answer.js';
import type { RemoteSource } from './source.js';

type EndpointSettings = Pick<RemoteProcedureSettings, 'url' | 'headers'> & {
  readonly deadlineMs?: number | undefined;
  /** What a breaker calls it; without it there is none. */
  readonly service?: string;
};

/** An endpoint of the app that runs a procedure. */
export class RemoteEndpoint implements RemoteSource {
  private readonly warnings = new DigestedLog(new Logger('Procedures'));

  constructor(
    private readonly settings: EndpointSettings,
    readonly maxBytes: number,
    private readonly requester: StreamRequester,
  ) {}

  /**
   * Sends the body of a request.
   * @param more further headers.
   * @returns the result, see {@link remoteAnswer}, which says what is thrown, too.
   */
  async ask(body: JsonText, signal: AbortSignal, more?: Readonly<Record<string, string>>): Promise<unknown> {
    const { url, headers, deadlineMs: timeoutMs, service } = this.settings;
    const accepting = { accept: REMOTE_ACCEPT, ...headers, ...more };
    const answer = await this.requester.open({ url, headers: accepting, body, service, timeoutMs, signal });
    return remoteAnswer(answer, this);
  }

  fault(message: string): CallbackError {
    return new CallbackError(this.logged(message));
  }

  defect(message: string): CallbackAnswerError {
    return new CallbackAnswerError(this.logged(message));
  }

  private logged(message: string): string {
    const text = `POST ${scrubUrl(this.settings.url)}: ${message}`;
    this.warnings.warn('', text);
    return text;
  }
}
