import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { StreamedAnswer } from '../../callbacks/stream-requester.js';
import { JsonError } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import { PROCEDURE_ERRORS, ProcedureError } from '../procedure-errors.js';
import { remoteError } from './error.js';
import type { RemoteSource } from './source.js';

/**
 * Reads the results of a stream of Server-Sent Events: the data of each event, parsed if it is JSON, else as text.
 * @throws {ProcedureError} with the data of an event named `error`, which ends the stream.
 * @throws {CallbackError} when it breaks off.
 * @throws {CallbackAnswerError} when it is not UTF-8.
 * @throws {ClientError} when an event is too large.
 */
export async function* remoteEvents(
  { body }: StreamedAnswer,
  source: RemoteSource,
): AsyncGenerator<unknown, void, void> {
  const events = new Events(source);
  for await (const chunk of body) {
    for (const event of events.read(chunk)) yield resultOf(event);
  }
  for (const event of events.end()) yield resultOf(event);
}

function resultOf({ event, data }: EventSourceMessage): unknown {
  const value = valueOf(data);
  if (event !== 'error') return value;
  throw remoteError(value, 500) ?? new ProcedureError(value);
}

function valueOf(data: string): unknown {
  try {
    return parseRichJson(data);
  } catch (error) {
    if (error instanceof JsonError) return data;
    throw error;
  }
}

/** Parses events from the chunks of a body. */
class Events {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private found: EventSourceMessage[] = [];
  private isTooLarge = false;
  private lastCharacter = '\n';
  private readonly parser;

  constructor(private readonly source: RemoteSource) {
    this.parser = createParser({
      onEvent: (event) => this.found.push(event),
      onError: ({ type }) => (this.isTooLarge ||= type === 'max-buffer-size-exceeded'),
      maxBufferSize: source.maxBytes,
    });
  }

  /** @throws {ClientError} when one is too large, after it has yielded those before it. */
  *read(chunk: Buffer): Generator<EventSourceMessage, void, void> {
    yield* this.parse(this.decoded(chunk));
    if (this.isTooLarge) throw PROCEDURE_ERRORS.resultTooLarge();
  }

  /** Yields the event that a final carriage return completes. @throws {CallbackError} if an incomplete one is left. */
  *end(): Generator<EventSourceMessage, void, void> {
    this.decoded();
    // The parser waits for what may follow a carriage return.
    if (this.lastCharacter === '\r') yield* this.parse('\n');
    const isCutShort = this.lastCharacter !== '\n' || !this.parse('\n\n').next().done;
    if (isCutShort) throw this.source.fault('the answer broke off in the middle of an event');
  }

  private *parse(text: string): Generator<EventSourceMessage, void, void> {
    this.lastCharacter = text.at(-1) ?? this.lastCharacter;
    this.parser.feed(text);
    for (const event of this.found.splice(0)) {
      if (Buffer.byteLength(event.data) > this.source.maxBytes) throw PROCEDURE_ERRORS.resultTooLarge();
      yield event;
    }
  }

  /** @throws {CallbackAnswerError} when the text is not UTF-8, or ends within a character. */
  private decoded(chunk?: Buffer): string {
    try {
      return this.decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw this.source.defect('the answer is not UTF-8');
    }
  }
}
