import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on the loopback interface, to let single connections fall silent. */
export class TcpProxy {
  /** The client's side of each connection that was made, in order. */
  private readonly sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    private targetPort: number,
  ) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, targetPort);
    server.on('connection', (socket) => proxy.forward(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The connection stays open, but nothing that the server sends comes through any more. */
  silence(index: number): void {
    this.sockets[index]?.emit('silence');
  }

  /** Ends all connections; the next ones come to another server. */
  turnTo(targetPort: number): void {
    this.targetPort = targetPort;
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private forward(socket: Socket): void {
    this.sockets.push(socket);
    const target = connect(this.targetPort, '127.0.0.1');
    socket.pipe(target).pipe(socket);
    socket.once('silence', () => target.unpipe(socket).pause());
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }
}
