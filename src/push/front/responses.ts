import { STATUS_CODES } from 'node:http';
import type { HttpAnswer } from '../../endpoints/answer.js';

/** Answers as HTTP/1.1. Most of them are the same: those are written once a second, as often as their date changes. */
export class Responses {
  private second = 0;
  private date = '';
  private lastBody: object | undefined;
  private lastText = '';
  private readonly keepAlive: string;

  /** @param keepAliveMs how long a connection stays without a request. */
  constructor(keepAliveMs: number) {
    this.keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}`;
  }

  /** @param closes whether the connection is closed after it. */
  textOf(answer: HttpAnswer, nowMs: number, closes: boolean): string {
    this.setTime(nowMs);
    if (closes) return this.write(answer, 'Connection: close');
    if (answer.body !== this.lastBody) {
      this.lastBody = answer.body;
      this.lastText = this.write(answer, this.keepAlive);
    }
    return this.lastText;
  }

  private setTime(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.second) return;
    this.second = second;
    this.date = new Date(nowMs).toUTCString();
    this.lastBody = undefined;
  }

  private write({ status, body }: HttpAnswer, connection: string): string {
    const text = JSON.stringify(body);
    return [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      `Date: ${this.date}`,
      connection,
      '',
      text,
    ].join('\r\n');
  }
}
