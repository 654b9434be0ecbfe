import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import type { CallCursor } from '../../procedures/kept/following/call-cursor.js';
import { failureIn } from '../../procedures/kept/call-failure.js';
import { type CallPart, lastOf } from '../../procedures/kept/record/call-record.js';
import { richValueOf } from '../../protocol/json/rich-json.js';
import { keptFormat, type KeptFormat } from './response/kept-format.js';
import type { Formats } from './negotiate.js';
import type { RpcResponse } from './response/response.js';
import { wholeResult } from './response/whole-result.js';

const NOTHING = Buffer.alloc(0);

/** The form of the answer to one who watches a kept call. */
export interface KeptAnswer {
  readonly formats: Formats;
  /** The largest result, encoded, bytes. */
  readonly maxBytes: number;
  /** Whether the only result of a call is the whole answer, as to who has begun it, or a part of a stream. */
  readonly mayBeWhole: boolean;
  /** Whether the head is sent before there is any result: who has begun a call has to learn its id. */
  readonly beginsAtOnce: boolean;
}

/** Sends what comes of a kept call as chunks of a response. */
export class KeptResults {
  private readonly format: KeptFormat;
  private position = 0;
  /** Whether the call itself has failed, and not this answer about it. */
  private hasFailed = false;

  constructor(
    private readonly reply: RpcResponse,
    private readonly answer: KeptAnswer,
  ) {
    this.format = keptFormat(answer.formats.stream);
  }

  /**
   * Sends all until the end, and completes the answer; 204 to one who has it all, so that it does not ask again.
   * @throws the error of the call, or of a result that cannot be sent; or why the reply is not wanted any more.
   */
  async relay(cursor: CallCursor): Promise<void> {
    const { signal } = this.reply;
    this.position = cursor.position;
    const leave = (): void => cursor.return();
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      if (cursor.isOver) return await this.reply.empty();
      if (this.answer.beginsAtOnce) await this.chunk(NOTHING);
      for (let part = await cursor.next(); part; part = await cursor.next()) await this.send(part);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', leave);
      cursor.return();
    }
  }

  /** Sends an error as the last chunk of an answer that has begun. That of the call itself has a position, as every end. */
  fail(error: unknown): void {
    const last = this.format.encodeError(error, this.hasFailed ? this.position + 1 : undefined);
    if (this.format.completesErrors) this.reply.complete(last);
    else this.reply.cut(last);
  }

  private async send(part: CallPart): Promise<void> {
    const { end, results } = part;
    if (end?.how === 'returned' && this.answer.mayBeWhole && !this.reply.isBegun) return this.sendWhole(part);
    for (const [index, text] of results.entries()) {
      const bytes = this.format.encode(text, part.first + index);
      if (bytes.length > this.answer.maxBytes) throw PROCEDURE_ERRORS.resultTooLarge();
      await this.chunk(bytes);
      this.position = part.first + index;
    }
    this.hasFailed = end?.failure !== undefined;
    if (end?.failure !== undefined) throw failureIn(end.failure);
    if (!end) return;
    const last = this.format.encodeEnd(lastOf(part) + 1);
    await this.chunk(last ?? NOTHING);
    await this.reply.end();
  }

  private async sendWhole({ results: [text] }: CallPart): Promise<void> {
    const { formats, maxBytes } = this.answer;
    const value = text === undefined ? null : richValueOf(text);
    const { status, mediaType, body } = wholeResult(value, formats.result, maxBytes);
    await this.reply.whole(status, mediaType, body);
  }

  private async chunk(bytes: Buffer): Promise<void> {
    if (!this.reply.isBegun) this.reply.begin(200, this.format.mediaType);
    await this.reply.chunk(bytes);
  }
}
