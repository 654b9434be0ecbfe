import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server as proxies do that know HTTP alone: WebSockets open, and nothing comes through them. */
export class SwallowingProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(targetPort: number): Promise<SwallowingProxy> {
    const server = createServer((asked, response) => {
      const { method, url: path, headers } = asked;
      const forwarded = request({ host: '127.0.0.1', port: targetPort, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      asked.pipe(forwarded);
    });
    const proxy = new SwallowingProxy(server);
    server.on('connection', (socket) => proxy.keep(socket));
    server.on('upgrade', ({ url, rawHeaders }, socket) => {
      const target = connect(targetPort, '127.0.0.1');
      proxy.keep(target);
      const lines = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : [],
      );
      target.write([`GET ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
      // The answer to the handshake, and no frame after it.
      target.once('data', (head: Buffer) =>
        socket.write(`${head.toString('latin1').split('\r\n\r\n')[0]}\r\n\r\n`),
      );
      for (const one of [socket, target]) one.on('error', () => undefined);
      socket.on('close', () => target.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
