import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred, eventually } from './wait.js';

/** A request that the app got. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** What the app answers: a status and a body (text goes as it is), after a promise of its own if need be. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** The answer waits for it. */
  readonly after?: Promise<unknown>;
}

/** A real HTTP app that answers callbacks by a script, and remembers what it was asked. */
export class StubApp {
  readonly asked: Asked[] = [];
  /** How many requests were broken off before they were answered. */
  aborted = 0;
  private readonly answers = new Map<string, Answer[]>();
  private forgotten = deferred();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<StubApp> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const app = new StubApp(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => void app.respond(request, response));
    return app;
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    const path = request.url ?? '';
    this.asked.push({ path, headers: request.headers, text, body: parsed(text) });
    response.once('close', () => {
      if (!response.writableEnded) this.aborted++;
    });
    const queue = this.answers.get(path) ?? [];
    const { status = 200, headers, body = { status: 'ok' }, after } = queue.shift() ?? {};
    await Promise.race([after, this.forgotten.promise]);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** Queues answers for a path; each is used once. Without any, the answer is `{"status": "ok"}`. */
  answer(path: string, ...answers: Answer[]): this {
    this.answers.set(path, [...(this.answers.get(path) ?? []), ...answers]);
    return this;
  }

  /** The requests on a path, once there are at least so many. */
  requests(path: string, count = 1): Promise<Asked[]> {
    return eventually(
      () => {
        const found = this.asked.filter((asked) => asked.path === path);
        return found.length >= count && found;
      },
      { what: `${count} request(s) on ${path}` },
    );
  }

  /** The paths that were asked, in order. */
  get paths(): string[] {
    return this.asked.map(({ path }) => path);
  }

  /** Answers what waits, and forgets the answers that are left and what it was asked. */
  forget(): void {
    this.forgotten.resolve();
    this.forgotten = deferred();
    this.answers.clear();
    this.asked.length = 0;
    this.aborted = 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
