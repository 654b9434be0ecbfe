import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { UnixListener, UnixListenerEvents } from './unix-listener.js';

/** Listens with Node's own sockets, which pass no descriptors. */
export class NetUnixListener implements UnixListener {
  private readonly server;

  constructor(private readonly events: UnixListenerEvents<Socket>) {
    this.server = createServer({ allowHalfOpen: true }, events.connected);
  }

  async listen(path: string): Promise<void> {
    this.server.listen(path);
    await once(this.server, 'listening');
    this.server.on('error', this.events.failed);
  }

  close(): void {
    if (this.server.listening) this.server.close();
  }
}
