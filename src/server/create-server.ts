import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServerOptions as HttpServerOptions } from 'node:http';
import type { ServerOptions as HttpsServerOptions } from 'node:https';
import type { Settings } from '../config/settings.js';
import { Endpoints } from '../connection/endpoint/endpoints.js';
import type { HttpAnswer } from '../endpoints/answer.js';
import { inTurn } from '../endpoints/in-turn.js';
import { KittiwakeModule } from '../kittiwake.module.js';
import { Refusals } from '../metrics/refusals.js';
import { ApiKeys } from '../push/api-keys.js';
import { IntakeFront } from '../push/front/intake-front.js';
import type { BodyTaker } from '../push/front/intake-socket.js';
import { PublishIntake } from '../push/publish.intake.js';
import { pushRefusal } from '../push/push-refusals.js';
import { TriggerIntake } from '../push/trigger.intake.js';
import { Tracing } from '../tracing/tracing.js';
import { certificate } from './certificate.js';
import { PinoLogger } from './logger.js';
import { refuseByHead, takeRawBodies } from './push-bodies.js';
import { handOverSignals } from './signals.js';

const MAX_CHECKING_INTERVAL_MS = 1_000;

type HttpOptions = { readonly requestTimeout: number } & (
  | { readonly http: HttpServerOptions }
  | { readonly https: HttpsServerOptions }
);

/**
 * Makes the gateway as an application of its own, on Fastify; it does not listen yet.
 * @param modules further modules, such as those whose providers have procedures.
 * @param relay the path of the {@link WorkersRelay} to the other worker processes, if there are any.
 */
export async function createServer(
  settings: Settings,
  modules: NonNullable<ModuleMetadata['imports']> = [],
  relay?: string,
): Promise<NestFastifyApplication> {
  const { publish, operators, log } = settings;
  const adapter = new FastifyAdapter({
    bodyLimit: publish.maxBodyBytes,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    ...httpOptions(settings),
  });
  takeRawBodies(adapter, publish.maxBodyBytes, operators.enabled ? operators.path : undefined);
  const app = await NestFactory.create<NestFastifyApplication>(
    KittiwakeModule.forRootAsync({
      imports: modules,
      useFactory: () => settings,
      ...(relay !== undefined && { relay }),
    }),
    adapter,
    {
      logger: new PinoLogger(log),
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  handOverSignals();
  answerInTurn(adapter, publish.enabled ? [publish.path, publish.triggerPath] : []);
  requireUpgrades(adapter, app.get(Endpoints, { strict: false }));
  if (publish.enabled) takeIntake(app, adapter, settings);
  return app;
}

/** Takes pushes of services, the bulk of all requests, past the framework. */
function takeIntake(
  app: NestFastifyApplication,
  adapter: FastifyAdapter,
  { publish, rooms, server, limits }: Settings,
): void {
  const topics = app.get(PublishIntake, { strict: false });
  const triggers = app.get(TriggerIntake, { strict: false });
  const takers = new Map<string, BodyTaker>();
  takers.set(publish.path, (body, key, idempotencyKey) => {
    return key.refusal('publish') ?? topics.answer(body, key, idempotencyKey);
  });
  if (rooms)
    takers.set(publish.triggerPath, (body, key, idempotencyKey) => {
      return key.refusal('trigger') ?? triggers.answer(body, key, idempotencyKey);
    });
  const { maxBodyBytes } = publish;
  const keys = app.get(ApiKeys, { strict: false });
  const refusals = app.get(Refusals, { strict: false });
  const refused = (peer: string | undefined, answer: HttpAnswer): void => {
    const refusal = pushRefusal(answer);
    if (refusal) refusals.add({ peer }, refusal);
  };
  const { disconnectPath, unsubscribePath, revokePath } = publish;
  const paths = new Set([...takers.keys(), disconnectPath, unsubscribePath, revokePath]);
  refuseByHead(adapter, { paths, keys, maxBodyBytes, refused });
  const tracing = app.get(Tracing, { strict: false });
  const options = {
    takers,
    keys,
    tracing,
    refused,
    maxBodyBytes,
    requestTimeoutMs: limits.handshakeTimeoutMs,
  };
  // Kept alive by its listener on the server.
  void new IntakeFront(app.getHttpServer(), server.tls ? 'secureConnection' : 'connection', options);
}

/** HTTP or HTTPS, and the time limits of requests, which Node checks every `connectionsCheckingInterval` only. */
function httpOptions({ server, limits: { handshakeTimeoutMs }, procedures }: Settings): HttpOptions {
  const bodyTimeoutMs = procedures?.http.bodyTimeoutMs ?? 0;
  const limits = {
    headersTimeout: handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(handshakeTimeoutMs, MAX_CHECKING_INTERVAL_MS),
  };
  return {
    requestTimeout: Math.max(handshakeTimeoutMs, bodyTimeoutMs),
    ...(server.tls
      ? { https: { ...limits, handshakeTimeout: handshakeTimeoutMs, ...certificate(server.tls) } }
      : { http: limits }),
  };
}

/**
 * Answers the requests of one connection one after another, as they are read; not those of services, which push as
 * fast as they can. 1,500 requests for what is not there, in 50 KB, held up everybody for 180 ms.
 */
function answerInTurn(adapter: FastifyAdapter, pushPaths: readonly string[]): void {
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    if (pushPaths.includes(request.routeOptions.url ?? '')) done();
    else inTurn(request.raw, reply.raw, done);
  });
}

/** Answers plain requests to WebSocket endpoints with 426 (RFC 9110 section 15.5.22). */
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
