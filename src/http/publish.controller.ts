import {
  BadRequestException,
  Controller,
  HttpCode,
  HttpException,
  HttpStatus,
  Logger,
  PayloadTooLargeException,
  Post,
  Req,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { elementsOf, JsonError, parseJson } from '../protocol/json.js';
import { PublicationError } from '../protocol/publication.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { type BodyRequest, bodyText } from './body.js';
import { RateLimit } from './rate-limit.js';

/** What became of one publication. */
export type PublishResult = { readonly status: 'ok' } | { readonly status: 'error'; readonly error: string };

/** What became of each publication of a batch, in the order of the request. */
export interface BatchResult {
  readonly results: readonly PublishResult[];
}

const OK: PublishResult = { status: 'ok' };
const UNAVAILABLE = 'the broker is not available';

/** Where services push publications over HTTP: one, or a list of them. */
@Controller('publish')
@UseGuards(ApiKeyGuard)
export class PublishController {
  private readonly logger = new Logger('PublishController');
  private readonly rate: RateLimit;

  constructor(
    private readonly topics: TopicPublisher,
    private readonly settings: PublishSettings,
  ) {
    this.rate = new RateLimit(settings.maxPerSecond);
  }

  /** Answers 200 when every publication was looked at: the results say which were taken. */
  @Post()
  @HttpCode(200)
  publish(@Req() request: BodyRequest): Promise<PublishResult | BatchResult> {
    const text = bodyText(request, this.settings.maxBodyBytes);
    return /^\s*\[/.test(text) ? this.publishBatch(text) : this.publishOne(text);
  }

  private async publishOne(text: string): Promise<PublishResult> {
    this.take(1);
    try {
      await this.topics.publish(text, 'http');
    } catch (error) {
      throw this.asHttpError(error);
    }
    return OK;
  }

  private async publishBatch(text: string): Promise<BatchResult> {
    const items = batchItems(text);
    if (items.length > this.settings.maxBatch) {
      throw new PayloadTooLargeException(
        failure(`a batch must not hold more than ${this.settings.maxBatch} publications`),
      );
    }
    this.take(items.length);
    const results = items.map((item, index) => this.publishItem(item, index));
    return { results: await Promise.all(results) };
  }

  private async publishItem(text: string, index: number): Promise<PublishResult> {
    try {
      await this.topics.publish(text, 'http');
      return OK;
    } catch (error) {
      return failure(
        error instanceof PublicationError ? `item ${index}: ${error.message}` : this.unavailable(error),
      );
    }
  }

  private take(publications: number): void {
    if (this.rate.take(publications)) return;
    throw new HttpException(failure('too many publications'), HttpStatus.TOO_MANY_REQUESTS);
  }

  private asHttpError(error: unknown): HttpException {
    if (error instanceof PublicationError) return new BadRequestException(failure(error.message));
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

function failure(error: string): { readonly status: 'error'; readonly error: string } {
  return { status: 'error', error };
}
