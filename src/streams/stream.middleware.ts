import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamFront } from './stream-front.js';

/**
 * Serves streams on the port of the app, on Express and Fastify. It comes before middleware that parses or compresses
 * bodies, or logs paths, in which sessions are. So the app's global prefix does not apply, just as to the paths of
 * WebSockets.
 */
@Injectable()
export class StreamMiddleware {
  constructor(host: HttpAdapterHost, front: StreamFront) {
    if (!front.isNeeded) return;
    // An app without HTTP has no adapter; that of a testing module is made after its providers.
    host.init$.subscribe(() =>
      host.httpAdapter?.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!front.takes(request, response)) next();
      }),
    );
  }
}
