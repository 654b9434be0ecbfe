import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A request as the app saw it. */
export interface AppRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request; one that is not answered hangs. */
export type AppHandler = (response: ServerResponse, request: AppRequest) => void;

export interface AppOptions {
  /** Listens on a Unix socket instead of a port. */
  readonly socketPath?: string;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

/** A stand-in for the app: records what it is asked and answers as told. */
export class HttpApp {
  readonly requests: AppRequest[] = [];
  /** Connections so far, and the most there were at a time. */
  connections = 0;
  mostConnections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly protocol: string,
  ) {
    server.on('connection', (socket: Socket) => this.connected(socket));
  }

  static async start(handler: AppHandler, { socketPath, tls }: AppOptions = {}): Promise<HttpApp> {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void app.record(request).then((record) => handler(response, record));
    };
    const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
    const app = new HttpApp(server, tls ? 'https' : 'http');
    server.listen(socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath });
    await once(server, 'listening');
    return app;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.protocol}://127.0.0.1:${this.port}`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private connected(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    this.mostConnections = Math.max(this.mostConnections, this.sockets.size);
    socket.on('close', () => this.sockets.delete(socket));
  }

  private async record(request: IncomingMessage): Promise<AppRequest> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { method, url: path, headers } = request;
    const record = { method, path, headers, body };
    this.requests.push(record);
    return record;
  }
}

/** Answers with JSON text. */
export function answer(
  response: ServerResponse,
  text: string | Buffer = '{"status": "ok"}',
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Starts apps that stop with the test. */
export function appsOfTest(): (handler: AppHandler, options?: AppOptions) => Promise<HttpApp> {
  const apps: HttpApp[] = [];
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())));
  return async (handler, options) => {
    const app = await HttpApp.start(handler, options);
    apps.push(app);
    return app;
  };
}
