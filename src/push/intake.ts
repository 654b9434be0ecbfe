import { HttpStatus, Logger } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../base/message-of.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import type { HttpAnswer } from '../endpoints/answer.js';
import { bodyOf, type BodyRequest, hasRawBody } from '../endpoints/body.js';
import type { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { elementsOf, JsonError, type JsonText } from '../protocol/json/json.js';
import { type ApiKey, forbidden, KeyScopeError } from './api-key.js';
import { FixedWindow } from './fixed-window.js';

/** The result of an item that was refused. */
export interface Failure {
  readonly status: 'error';
  /** The fault, and its place in the item. */
  readonly error: string;
}

/** The kind of item that an intake takes in. */
export interface IntakeItem<Taken> {
  /** In the plural, for error texts. */
  readonly name: string;
  /**
   * Takes an item in its wire form, at once where it can: UTF-8, or text that is valid JSON within bounds.
   * @param idempotencyKey the one of the request that the item is alone in.
   * @throws {KeyScopeError} when the key is not for it.
   * @throws an error of {@link refusal} when the item is wrong.
   */
  take(source: JsonText | Buffer, key: ApiKey, idempotencyKey?: string): Taken | Promise<Taken>;
  readonly refusal: new (message: string) => Error;
}

/** The error text when the broker could not be reached. */
export const UNAVAILABLE = 'the broker is not available';
const KEY_OF_LIST =
  'Idempotency-Key is for one item: in a list, each may have an "idempotency_key" of its own';
const SPACE = new Set([0x20, 0x0a, 0x0d, 0x09] as (number | undefined)[]);
const OPEN_LIST = 0x5b;

/** Takes what services push over HTTP: one item, or a list of them of which each gets its own result. */
export class Intake<Taken extends object> {
  private readonly logger = new Logger('Push');
  private readonly turns: FixedWindow;
  private isWarned = false;

  constructor(
    private readonly item: IntakeItem<Taken>,
    private readonly settings: PublishSettings,
    private readonly bounds: InputBounds,
  ) {
    this.turns = new FixedWindow(settings.maxPerSecond);
  }

  /**
   * Takes the body of a request. The answer is there at once where the broker is in this process; it says 200 when the
   * only item was taken, or every item of a list was looked at; 400 when the body, or the only item in it, is wrong;
   * 413 when body or list are too large; 429 when there are too many in a second; 503 when the broker could not take
   * it.
   * @param key whose request it is: 403 when the only item is not one that it is for.
   * @param idempotencyKey the one that the request has for its only item.
   */
  answer(body: Buffer, key: ApiKey, idempotencyKey?: string): HttpAnswer | Promise<HttpAnswer> {
    const { maxBodyBytes } = this.settings;
    if (body.length > maxBodyBytes) {
      return refusal(HttpStatus.PAYLOAD_TOO_LARGE, tooLong(maxBodyBytes));
    }
    if (body.length === 0) return refusal(HttpStatus.BAD_REQUEST, 'the body is empty');
    if (!isUtf8(body)) return refusal(HttpStatus.BAD_REQUEST, 'the body is not UTF-8');
    if (!beginsList(body)) return this.answerOne(body, key, idempotencyKey);
    return idempotencyKey === undefined
      ? this.answerBatch(body, key)
      : refusal(HttpStatus.BAD_REQUEST, KEY_OF_LIST);
  }

  /** Takes the body of a request of Nest. See {@link answer}. */
  handle(request: BodyRequest, key: ApiKey, idempotencyKey?: string): HttpAnswer | Promise<HttpAnswer> {
    if (!this.isWarned && !hasRawBody(request)) this.warnOfLostDigits();
    return this.answer(bodyOf(request), key, idempotencyKey);
  }

  private warnOfLostDigits(): void {
    this.isWarned = true;
    this.logger.warn(
      `numbers beyond 2^53 in ${this.item.name} lose digits: create the app with the option rawBody: true`,
    );
  }

  private answerOne(source: Buffer, key: ApiKey, idempotencyKey?: string): HttpAnswer | Promise<HttpAnswer> {
    if (!this.turns.take(1)) return this.tooMany();
    try {
      const taken = this.item.take(source, key, idempotencyKey);
      if (!(taken instanceof Promise)) return success(taken);
      return taken.then(success, (error: unknown) => this.notTaken(error));
    } catch (error) {
      return this.notTaken(error);
    }
  }

  private answerBatch(body: Buffer, key: ApiKey): HttpAnswer | Promise<HttpAnswer> {
    const items = this.itemsOf(body);
    if (typeof items === 'string') return refusal(HttpStatus.BAD_REQUEST, items);
    const { maxBatch } = this.settings;
    if (items.length > maxBatch) {
      const most = `${maxBatch} ${this.item.name}`;
      return refusal(HttpStatus.PAYLOAD_TOO_LARGE, `a batch must not hold more than ${most}`);
    }
    return this.turns.take(items.length) ? this.takeBatch(items, key) : this.tooMany();
  }

  /** The items of a list, or what is wrong with it. */
  private itemsOf(body: Buffer): JsonText[] | string {
    try {
      return elementsOf(JsonDocument.read(body, { bounds: this.bounds }).text);
    } catch (error) {
      if (error instanceof JsonError) return `the body is ${error.message}`;
      throw error;
    }
  }

  private async takeBatch(items: readonly JsonText[], key: ApiKey): Promise<HttpAnswer> {
    return success({
      results: await Promise.all(items.map((item, index) => this.takeItem(item, key, index))),
    });
  }

  private async takeItem(text: JsonText, key: ApiKey, index: number): Promise<Taken | Failure> {
    try {
      return await this.item.take(text, key);
    } catch (error) {
      const isRefused = error instanceof this.item.refusal || error instanceof KeyScopeError;
      return failure(isRefused ? `item ${index}: ${error.message}` : this.unavailable(error));
    }
  }

  private tooMany(): HttpAnswer {
    return refusal(HttpStatus.TOO_MANY_REQUESTS, `too many ${this.item.name}`);
  }

  private notTaken(error: unknown): HttpAnswer {
    if (error instanceof KeyScopeError) return forbidden(error.message);
    if (error instanceof this.item.refusal) return refusal(HttpStatus.BAD_REQUEST, error.message);
    return refusal(HttpStatus.SERVICE_UNAVAILABLE, this.unavailable(error));
  }

  private unavailable(error: unknown): string {
    this.logger.debug(`${this.item.name} not taken: ${messageOf(error)}`);
    return UNAVAILABLE;
  }
}

function beginsList(body: Buffer): boolean {
  let at = 0;
  while (SPACE.has(body[at])) at++;
  return body[at] === OPEN_LIST;
}

function success(body: object): HttpAnswer {
  return { status: HttpStatus.OK, body };
}

/** The error text for a body that is too long. */
export function tooLong(maxBodyBytes: number): string {
  return `the body must not exceed ${maxBodyBytes} bytes`;
}

/** Says what is wrong. */
export function failure(error: string): Failure {
  return { status: 'error', error };
}

function refusal(status: HttpStatus, error: string): HttpAnswer {
  return { status, body: failure(error) };
}
