import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { KITTIWAKE_V1 } from '../../src/protocol/sub-protocol.js';
import { TestClient, type Closed } from './client.js';
import type { TestGateway } from './gateway.js';
import { eventually } from './wait.js';

const RETRY_MS = 20;

/** An app whose topics have a number for their state. Each change is published, in turns by each of the gateways. */
export class NumberedApp {
  private readonly numbers = new Map<string, number>();
  private readonly loops: Promise<void>[] = [];
  private isSettling = false;
  private isStopped = false;
  /** How often a gateway could not take a publication; it is tried again until one does. */
  refusals = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<NumberedApp> {
    const server = createServer();
    const app = new NumberedApp(server);
    server.on('request', (request, response) => {
      request.setEncoding('utf8').once('data', (text: string) => {
        const { subscription } = JSON.parse(text) as { subscription: string };
        const order = app.numberOf(subscription);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ status: 'ok', data: order, options: { order } }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return app;
  }

  /** What answers `before_subscribe` with the number of the topic. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  numberOf(topic: string): number {
    return this.numbers.get(topic) ?? 0;
  }

  /** Counts a topic up, until {@link settle}. */
  count(topic: string, gateways: readonly TestGateway[]): void {
    this.loops.push(this.loop(topic, gateways));
  }

  /** Ends counting; resolves when the last number is published. */
  async settle(): Promise<void> {
    this.isSettling = true;
    await Promise.all(this.loops);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.settle();
    this.server.closeAllConnections();
    this.server.close();
  }

  private async loop(topic: string, gateways: readonly TestGateway[]): Promise<void> {
    for (let turn = 0; !this.isSettling; turn++) {
      const number = this.numberOf(topic) + 1;
      this.numbers.set(topic, number);
      const publication = { subscription: topic, data: number, options: { order: number } };
      while (!this.isStopped && !(await isTaken(gateways[turn % gateways.length]!, publication))) {
        this.refusals++;
        turn++;
        await delay(RETRY_MS);
      }
    }
  }
}

async function isTaken(gateway: TestGateway, publication: unknown): Promise<boolean> {
  return (await gateway.publish(publication)).status === 200;
}

/** What a client got between subscribing and the end of its connection. */
export interface LedgerSession {
  /** The state that came with the subscription, and every update after it. */
  readonly numbers: number[];
  /** How it was closed, if it was. */
  closed: Closed | undefined;
}

/** A client of one topic that comes back whenever it is told to, and keeps account of all it gets. */
export class LedgerClient {
  readonly sessions: LedgerSession[] = [];
  private readonly life: Promise<void>;
  private client: TestClient | undefined;
  private isStopping = false;

  constructor(
    readonly topic: string,
    readonly gateway: TestGateway,
  ) {
    this.life = this.live();
  }

  get last(): number {
    return this.sessions.at(-1)?.numbers.at(-1) ?? -1;
  }

  /** Waits until it has so many updates in the session that it has now. */
  async hasUpdates(count: number): Promise<void> {
    await eventually(() => (this.sessions.at(-1)?.numbers.length ?? 0) > count, {
      what: `${count} updates of ${this.topic}`,
      timeoutMs: 10_000,
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.client?.drop();
    await this.life;
  }

  private async live(): Promise<void> {
    while (!this.isStopping) {
      this.client = await TestClient.connect(this.gateway.url, [KITTIWAKE_V1]).catch(() => undefined);
      if (this.client && !this.isStopping) await this.session(this.client);
      await delay(RETRY_MS);
    }
  }

  private async session(client: TestClient): Promise<void> {
    client.send({ event: 'subscribe', subscription: this.topic });
    const session: LedgerSession = { numbers: [], closed: undefined };
    const take = (): void => {
      for (const text of client.frames.splice(0)) {
        const { status, data } = JSON.parse(text) as { status?: string; data: number };
        // The topic may be lost again already.
        if (status === 'error') client.drop();
        else session.numbers.push(data);
        if (status === 'ok') this.sessions.push(session);
      }
    };
    client.webSocket.on('message', take);
    await once(client.webSocket, 'close');
    take();
    session.closed = client.closed;
  }
}

/** What is wrong with a session, if something is: it may lack something only if the client is told to come back. */
export function faultOf({ numbers, closed }: LedgerSession): string | undefined {
  for (const [index, number] of numbers.entries()) {
    const before = numbers[index - 1];
    if (before === undefined || number === before + 1) continue;
    if (number <= before) return `${number} after ${before}`;
    if (closed?.code !== 1012) return `${number} after ${before}, and the end is ${closed?.code}`;
  }
  return undefined;
}
