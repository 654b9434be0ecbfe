import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type KittiwakeOptions, KittiwakeAdapter, KittiwakeModule } from '../../src/index.js';
import { API_KEY } from './gateway.js';

/** Options of a gateway that is quiet, open on `/ws`, and does not take its time to stop. */
export const OPTIONS: KittiwakeOptions = { publish: { apiKeys: [API_KEY] }, shutdown: { spread: '0s' } };

/** Nest's log, kept. */
export class KeptLog implements LoggerService {
  /** Of errors, what a terminal would show. */
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  error(...messages: unknown[]): void {
    const texts = messages.map((message) => (typeof message === 'string' ? message : inspect(message)));
    this.errors.push(texts.join('\n'));
  }

  log(): void {
    // of no interest
  }

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }
}

/** An app that listens on a free port. */
export class TestApp {
  private constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  static async listen(app: INestApplication): Promise<TestApp> {
    try {
      await app.listen(0, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    return new TestApp(app, port);
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Sends JSON; returns the status and the JSON of the answer. */
  async fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.httpUrl + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** POSTs to the publish endpoint; a string goes as it is. */
  publish(publication: unknown): Promise<{ status: number; body: unknown }> {
    return this.fetch('POST', '/publish', publication, { Authorization: `Bearer ${API_KEY}` });
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

/** A module that imports Kittiwake, and the rest of the app. */
export function moduleOf(metadata: ModuleMetadata, options: KittiwakeOptions = OPTIONS): new () => object {
  @Module({ ...metadata, imports: [KittiwakeModule.forRoot(options), ...(metadata.imports ?? [])] })
  class AppModule {}
  return AppModule;
}

/** An app of a module, with Kittiwake's adapter; it does not listen yet. */
export async function createApp(module: new () => object, log = new KeptLog()): Promise<INestApplication> {
  const app = await NestFactory.create(module, { logger: log, abortOnError: false, rawBody: true });
  app.useWebSocketAdapter(new KittiwakeAdapter(app));
  return app;
}
