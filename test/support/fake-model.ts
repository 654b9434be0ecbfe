import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a fake model was asked. */
export interface ModelRun {
  /** After how many tokens it was to go on. */
  readonly from: number;
  readonly body: unknown;
  isOver: boolean;
}

/** A request that is no run, with its headers. */
export interface ModelNote {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
}

/** An app with a language model that is none: its tokens are numbers, as Server-Sent Events, and it can go on where it was. */
export class FakeModel {
  readonly runs: ModelRun[] = [];
  readonly notes: ModelNote[] = [];
  /** How many tokens an answer has. */
  length = 10;
  /** It waits before the next one; raise it, and it goes on. */
  upTo = 10;
  /** Between tokens. */
  paceMs = 0;
  /** Whether it answers what is no run with 503. */
  isAway = false;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeModel> {
    const server = createServer((request, response) => void model.handle(request, response));
    const model = new FakeModel(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The whole text of an answer. */
  get text(): string[] {
    return Array.from({ length: this.length }, (_, index) => token(index + 1));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const { url: path = '', headers } = request;
    if (path === '/answer') return this.answer(body, headers, response);
    this.notes.push({ path, body, headers });
    const isNo =
      path === '/may-watch' && (body.identity as { user_id?: unknown } | null)?.user_id !== 'friend';
    response.statusCode = this.isAway ? 503 : 200;
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ status: isNo ? 'error' : 'ok' }));
  }

  private async answer(body: unknown, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    const run = { from: Number(headers['last-event-id'] ?? 0), body, isOver: false };
    this.runs.push(run);
    response.on('close', () => (run.isOver = true)).setHeader('Content-Type', 'text/event-stream');
    response.flushHeaders();
    for (let number = run.from + 1; number <= this.length && !run.isOver; number++) {
      while (number > this.upTo && !run.isOver) await delay(2);
      response.write(`id: ${number}\ndata: ${JSON.stringify(token(number))}\n\n`);
      if (this.paceMs > 0) await delay(this.paceMs);
    }
    response.end();
  }
}

function token(number: number): string {
  return `${number} `;
}
