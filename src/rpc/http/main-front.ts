import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AllowedOrigins } from '../../endpoints/allowed-origins.js';
import { type BodyRequest, readBefore } from '../../endpoints/body.js';
import { RpcHttp } from './rpc-http.js';

/** The calls that come in on the port of the app, from pages as well. */
@Injectable()
export class MainFront {
  constructor(
    private readonly rpc: RpcHttp,
    private readonly origins: AllowedOrigins,
  ) {}

  /** @param prefix the path that procedures are below. */
  call(prefix: string, request: IncomingMessage & BodyRequest, response: ServerResponse): void {
    if (this.origins.allow(request, response)) return;
    const body = readBefore(request);
    void this.rpc.handle(request, response, { prefix, transport: 'tcp', isForOneRequest: false, body });
  }
}
