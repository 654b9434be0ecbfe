import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Listeners } from './listeners.js';
import { OpenRequests } from './open-requests.js';
import { serverUrl } from './server-url.js';
import { endSilentConnections } from './silent-connections.js';
import { UpgradeRouter } from './upgrade-router.js';

/** The time until clients can find only the new version: this one may still have connections to accept. */
const SETTLE_MS = 100;
/** The time for clients that have just connected to send their request. */
const GRACE_MS = 1_000;

/** The HTTP server of the app, which clients connect to and services push to. */
@Injectable()
export class MainServer {
  private requests: OpenRequests | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly listeners: Listeners,
    private readonly router: UpgradeRouter,
  ) {}

  /** Nothing in an app without HTTP, which can publish all the same. */
  get server(): Server | undefined {
    return this.host.httpAdapter?.getHttpServer() as Server | undefined;
  }

  /** Its address; nothing where it does not listen. */
  get url(): string | undefined {
    return this.server?.listening ? serverUrl(this.server) : undefined;
  }

  /** Requests count, and clients connect, from here on. @throws when clients would be cut off. */
  open(): void {
    if (!this.server) return;
    this.router.start(this.server);
    this.requests = OpenRequests.of(this.server);
  }

  /** Takes no new connections, for a new version of the process does; those that are there are served as before. */
  async retire(): Promise<void> {
    await delay(SETTLE_MS);
    this.listeners.stopAccepting();
    this.requests?.closeAfterAnswers();
    await delay(GRACE_MS);
  }

  /** Takes no new connections, and has those end that are there, each with its next answer. */
  close(): void {
    this.requests?.closeAfterAnswers();
    if (this.server?.listening) this.server.close();
  }

  /** Resolves when all requests are answered, or the time is up. */
  async answered(timeoutMs: number): Promise<void> {
    await this.requests?.answered(timeoutMs);
  }

  /** Refuses the handshakes that nothing has taken, and ends who has said nothing: the server closes when all sockets have. */
  end(): void {
    this.router.stop();
    if (this.server) endSilentConnections(this.server);
  }
}
