import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { Endpoints } from '../connection/endpoints.js';
import { KittiwakeAdapter } from '../connection/kittiwake.adapter.js';
import { PinoLogger } from './logger.js';
import { KittiwakeModule } from '../kittiwake.module.js';

/** Makes the gateway as an application of its own, on Fastify; it does not listen yet. */
export async function createServer(settings: Settings): Promise<NestFastifyApplication> {
  const { server, limits, publish, log } = settings;
  const adapter = new FastifyAdapter({
    bodyLimit: publish.maxBodyBytes,
    forceCloseConnections: true,
    requestTimeout: limits.handshakeTimeoutMs,
    ...(server.tls && {
      https: { cert: readFileSync(server.tls.certFile), key: readFileSync(server.tls.keyFile) },
    }),
  });
  takeRawBodies(adapter);
  const app = await NestFactory.create<NestFastifyApplication>(
    KittiwakeModule.forRootAsync({ useFactory: () => settings }),
    adapter,
    {
      logger: new PinoLogger(log),
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.getHttpServer().headersTimeout = limits.handshakeTimeoutMs;
  app.useWebSocketAdapter(new KittiwakeAdapter(app));
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  requireUpgrades(adapter, app.get(Endpoints, { strict: false }));
  return app;
}

/** Bodies reach the controllers as the bytes that came: publications are looked into only as far as needed. */
function takeRawBodies(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', '*']) {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }
}

/** A plain request where WebSockets are expected is told so. */
function requireUpgrades(adapter: FastifyAdapter, endpoints: Endpoints): void {
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    if (!request.is404 || !endpoints.match(request.url.split('?', 1)[0] ?? '/')) {
      done();
      return;
    }
    reply.code(426).headers({ Connection: 'Upgrade', Upgrade: 'websocket' });
    void reply.type('text/plain').send('Upgrade Required');
  });
}
