import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** A response over HTTP. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, an object as JSON. */
  readonly body: object | string;
}

/**
 * Answers requests past the interceptors and exception filters of an app: they make bodies for its own clients, which
 * services, load balancers and Prometheus could not read.
 */
@Injectable()
export class Replies {
  constructor(private readonly host: HttpAdapterHost) {}

  /** @param response of either HTTP platform. */
  send(response: unknown, { status, headers = {}, body }: HttpReply): void {
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }
}
