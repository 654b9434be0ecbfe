import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isConfigured } from '../../config/configured.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { BodyRequest } from '../../endpoints/body.js';
import { MainFront } from './main-front.js';

/**
 * Serves procedures over HTTP on the port of the app, on Express and Fastify. It comes before middleware that parses
 * bodies or logs paths: bodies are read as they come, and the service secret may be in a path. So it is no controller,
 * and the app's global prefix does not apply to its path, just as it does not to that of WebSockets.
 */
@Injectable()
export class RpcMiddleware {
  constructor(host: HttpAdapterHost, settings: ProceduresSettings, front: MainFront) {
    if (!isConfigured(settings)) return;
    // An app without HTTP has no adapter; that of a testing module is made after its providers.
    host.init$.subscribe(() =>
      host.httpAdapter?.use(
        (request: IncomingMessage & BodyRequest, response: ServerResponse, next: () => void) => {
          if (!front.takes(request, response)) next();
        },
      ),
    );
  }
}
