import { ProcedureError } from '../../../procedures/procedure-errors.js';
import { ProcedureResult } from '../../../procedures/result.js';
import { eachResult } from '../../../procedures/results/each-result.js';
import { TypedResult } from '../../../procedures/typed-result.js';
import { isObject } from '../../../protocol/json/json.js';
import { encoded } from './encoded.js';
import type { RpcResponse } from './response.js';
import type { ResultFormat } from './result-format.js';
import { UnbegunStream } from './unbegun-stream.js';
import { typedFormat } from './whole-result.js';

/** Sends the results of a stream as chunks of a response; each can be decoded by itself. */
export class ResultChunks {
  constructor(
    private readonly reply: RpcResponse,
    private format: ResultFormat,
    private readonly maxBytes: number,
  ) {}

  /**
   * Sends all results of a stream and completes the answer.
   * @throws the error of the stream, or of a result that cannot be sent; after the first result the response has begun.
   */
  async relay(stream: AsyncIterator<unknown, unknown, void>): Promise<void> {
    await eachResult(stream, async (value, isLast) => {
      if (!isLast || value !== undefined) await this.send(value);
    });
    this.begin(200);
    await this.reply.end();
  }

  /** Sends an error as the last chunk of a stream that has begun, and closes the connection. */
  fail(error: unknown): void {
    this.reply.cut(this.format.encodeError(error));
  }

  private async send(value: unknown): Promise<void> {
    const result = value instanceof ProcedureResult ? value.value : value;
    if (result instanceof TypedResult) await this.sendTyped(result);
    else await this.sendPlain(result);
  }

  private async sendPlain(result: unknown): Promise<void> {
    if (!this.reply.isBegun && isObject(result) && 'error' in result && 'finished' in result)
      throw new UnbegunStream(result);
    const bytes = encoded(this.format, result, this.maxBytes);
    this.begin(200);
    await this.reply.chunk(bytes);
  }

  private async sendTyped({ data, mediaType, status }: TypedResult): Promise<void> {
    if (this.reply.isBegun) throw new ProcedureError('only the first result of a stream can have a type');
    this.format = typedFormat(mediaType);
    const bytes = encoded(this.format, data, this.maxBytes);
    this.begin(status);
    await this.reply.chunk(bytes);
  }

  private begin(status: number): void {
    if (!this.reply.isBegun) this.reply.begin(status, this.format.mediaType);
  }
}
