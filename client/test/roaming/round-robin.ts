import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A load balancer over TCP, which knows nothing of who was where: each connection comes to the next node that takes it. */
export class RoundRobin {
  private readonly sockets = new Set<Socket>();
  private turn = 0;

  private constructor(
    private readonly server: Server,
    /** The ports of the nodes that get connections. */
    public ports: readonly number[],
  ) {}

  static async start(ports: readonly number[]): Promise<RoundRobin> {
    const server = createServer();
    const balancer = new RoundRobin(server, ports);
    server.on('connection', (socket) => balancer.forward(socket, ports.length));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private forward(socket: Socket, triesLeft: number): void {
    const port = this.ports[this.turn++ % this.ports.length];
    this.sockets.add(socket);
    socket.once('error', () => socket.destroy()).once('close', () => this.sockets.delete(socket));
    if (port === undefined) return void socket.destroy();
    const target = connect(port, '127.0.0.1');
    let isThere = false;
    target.once('connect', () => {
      isThere = true;
      socket.pipe(target).pipe(socket);
      socket.once('close', () => target.destroy());
      if (socket.destroyed) target.destroy();
    });
    target.once('error', () => {
      if (!isThere && triesLeft > 1 && !socket.destroyed) this.forward(socket, triesLeft - 1);
      else socket.destroy();
    });
    target.once('close', () => isThere && socket.destroy());
  }
}
