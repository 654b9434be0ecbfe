import {
  BadRequestException,
  HttpException,
  HttpStatus,
  Logger,
  PayloadTooLargeException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { elementsOf, JsonError, parseJson } from '../protocol/json.js';
import { type BodyRequest, bodyText, hasRawBody } from './body.js';
import { RateLimit } from './rate-limit.js';

/** What became of one item that was not taken. */
export interface Failure {
  readonly status: 'error';
  /** What is wrong, and where. */
  readonly error: string;
}

/** What became of each item of a batch, in the order of the request. */
export interface BatchResult<Taken> {
  readonly results: readonly (Taken | Failure)[];
}

/** What an intake takes in. */
export interface IntakeItem<Taken> {
  /** In the plural, for error texts. */
  readonly name: string;
  /** Takes an item in its wire form. @throws an error of {@link refusal} when the item is wrong. */
  take(text: string): Promise<Taken>;
  readonly refusal: new (message: string) => Error;
}

const UNAVAILABLE = 'the broker is not available';

/** Takes what services push over HTTP: one item, or a list of them of which each gets its own result. */
export class Intake<Taken extends object> {
  private readonly logger: Logger;
  private readonly rate: RateLimit;
  private isWarned = false;

  constructor(
    private readonly item: IntakeItem<Taken>,
    private readonly settings: PublishSettings,
  ) {
    this.logger = new Logger(`Intake of ${item.name}`);
    this.rate = new RateLimit(settings.maxPerSecond);
  }

  /**
   * @throws {BadRequestException} (400) when the body, or the only item in it, is wrong.
   * @throws {PayloadTooLargeException} (413) when body or batch are too large.
   * @throws {HttpException} (429) when there are too many in a second.
   * @throws {ServiceUnavailableException} (503) when the broker could not take the only item.
   */
  handle(request: BodyRequest): Promise<Taken | BatchResult<Taken>> {
    if (!this.isWarned && !hasRawBody(request)) this.warnOfLostDigits();
    const text = bodyText(request, this.settings.maxBodyBytes);
    return /^\s*\[/.test(text) ? this.takeBatch(text) : this.takeOne(text);
  }

  private warnOfLostDigits(): void {
    this.isWarned = true;
    this.logger.warn('numbers beyond 2^53 lose digits: create the app with the option rawBody: true');
  }

  private async takeOne(text: string): Promise<Taken> {
    this.count(1);
    try {
      return await this.item.take(text);
    } catch (error) {
      throw this.asHttpError(error);
    }
  }

  private async takeBatch(text: string): Promise<BatchResult<Taken>> {
    const items = batchItems(text);
    if (items.length > this.settings.maxBatch) {
      const most = `${this.settings.maxBatch} ${this.item.name}`;
      throw new PayloadTooLargeException(failure(`a batch must not hold more than ${most}`));
    }
    this.count(items.length);
    return { results: await Promise.all(items.map((item, index) => this.takeItem(item, index))) };
  }

  private async takeItem(text: string, index: number): Promise<Taken | Failure> {
    try {
      return await this.item.take(text);
    } catch (error) {
      return failure(
        error instanceof this.item.refusal ? `item ${index}: ${error.message}` : this.unavailable(error),
      );
    }
  }

  private count(items: number): void {
    if (this.rate.take(items)) return;
    throw new HttpException(failure(`too many ${this.item.name}`), HttpStatus.TOO_MANY_REQUESTS);
  }

  private asHttpError(error: unknown): HttpException {
    if (error instanceof this.item.refusal) return new BadRequestException(failure(error.message));
    return new ServiceUnavailableException(failure(this.unavailable(error)));
  }

  private unavailable(error: unknown): string {
    this.logger.debug(error instanceof Error ? error.message : error);
    return UNAVAILABLE;
  }
}

function batchItems(text: string): string[] {
  try {
    parseJson(text);
  } catch (error) {
    throw error instanceof JsonError
      ? new BadRequestException(failure(`the body is ${error.message}`))
      : error;
  }
  return elementsOf(text);
}

function failure(error: string): Failure {
  return { status: 'error', error };
}
