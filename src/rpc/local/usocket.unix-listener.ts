import { once } from 'node:events';
import { DescriptorSocket } from './descriptor-socket.js';
import type { UnixListener, UnixListenerEvents } from './unix-listener.js';
import { keepWhileClosing, type UServer, type USocket, type USocketModule } from './usocket.js';

/** Node's default. */
const BACKLOG = 511;

/** Listens with the package `usocket`, which passes descriptors. */
export class USocketUnixListener implements UnixListener {
  private readonly server: UServer;
  private native: unknown;

  constructor(
    { UServer }: USocketModule,
    maxDescriptors: number,
    private readonly events: UnixListenerEvents<DescriptorSocket>,
  ) {
    this.server = new UServer();
    this.server.on('connection', (socket: USocket) =>
      events.connected(new DescriptorSocket(socket, maxDescriptors)),
    );
  }

  async listen(path: string): Promise<void> {
    this.server.once('error', () => keepWhileClosing(this.native)); // it has closed itself
    this.server.listen(path, BACKLOG);
    this.native = this.server._wrap;
    await once(this.server, 'listening');
    this.server.on('error', this.events.lost);
  }

  close(): void {
    keepWhileClosing(this.native);
    this.server.close();
  }
}
