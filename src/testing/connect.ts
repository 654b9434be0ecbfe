import type { INestApplicationContext } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { Authenticators } from '../auth/authenticator.js';
import { TopicsSettings } from '../config/sections/topics.settings.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { RefusedError } from './refused-error.js';
import { TestingClient } from './testing-client.js';
import { TESTING, TestingProofs } from './testing-proofs.js';

/** The options of a client of a test. Of `identity`, `ticket` and `token` one at most; without, it is nobody. */
export interface ConnectOptions {
  /** The identity: the fields that callbacks see, without any proof. The app is not asked. */
  readonly identity?: Readonly<Record<string, unknown>> | undefined;
  /** A ticket, which the app validates. */
  readonly ticket?: unknown;
  /** A JSON Web Token, which the gateway verifies. */
  readonly token?: string | undefined;
  /** Headers of the handshake, such as `Cookie`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The query of the handshake. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** The time for which each expectation waits, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined;
}

/** The Nest apps of a test: with an HTTP server. */
export interface TestedApp extends INestApplicationContext {
  getHttpServer(): unknown;
  listen(port: number, host: string): Promise<unknown>;
}

const HOST = '127.0.0.1';
const TIMEOUT_MS = 2_000;

/**
 * Connects a client to the gateway of an app, which listens on a free port if it does not listen yet.
 * @throws {RefusedError} when the handshake or the proof is refused.
 */
export async function connect(app: TestedApp, options: ConnectOptions = {}): Promise<TestingClient> {
  const { headers = {}, query = {}, timeoutMs = TIMEOUT_MS } = options;
  const url = new URL(`ws://${HOST}:${await portOf(app)}${pathOf(app)}`);
  url.search = new URLSearchParams(query).toString();
  const webSocket = new WebSocket(url, KITTIWAKE_V1, { headers, handshakeTimeout: timeoutMs });
  const client = new TestingClient(webSocket, timeoutMs);
  await opened(webSocket);
  try {
    const proof = proofOf(app, options);
    if (proof) await client.authenticated(proof);
  } catch (error) {
    webSocket.terminate();
    throw error;
  }
  return client;
}

async function portOf(app: TestedApp): Promise<number> {
  const server = app.getHttpServer() as Server;
  if (!server.listening) await app.listen(0, HOST);
  return (server.address() as AddressInfo).port;
}

function pathOf(app: TestedApp): string {
  const { path } = app.get(TopicsSettings, { strict: false });
  return path === '*' ? '/' : path;
}

function proofOf(
  app: TestedApp,
  { identity, ticket, token }: ConnectOptions,
): Readonly<Record<string, unknown>> | undefined {
  if (identity) {
    const proof = TestingProofs.of(app.get(Authenticators, { strict: false })).for(identity);
    return { method: TESTING, proof };
  }
  if (token !== undefined) return { method: 'jwt', token };
  return ticket === undefined ? undefined : { ticket };
}

async function opened(webSocket: WebSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    webSocket.once('open', resolve);
    webSocket.once('error', reject);
    webSocket.once('unexpected-response', (_request, { statusCode, statusMessage }: IncomingMessage) => {
      reject(new RefusedError('the handshake', { code: `http_${statusCode}`, error: statusMessage }));
      webSocket.terminate();
    });
  });
}
