import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FrameReader } from './relay-frame.js';

/** A worker with more than this waiting does not keep up: it is disconnected, reports `lost`, and connects again. */
const MAX_WAITING_BYTES = 67_108_864;

/** Relays publications between the worker processes of one machine, as the bytes that came. */
export class WorkersRelay {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** The Unix socket where {@link WorkersBroker}s connect; in a folder that only this user can enter. */
    readonly path: string,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async start(): Promise<WorkersRelay> {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-workers-'));
    const path = join(folder, 'relay.sock');
    const server = createServer();
    const relay = new WorkersRelay(server, folder, path);
    server.listen(path);
    await once(server, 'listening');
    return relay;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private accept(socket: Socket): void {
    const reader = new FrameReader();
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      const frames = reader.wholeFrames(bytes);
      if (frames) this.passOn(frames, socket);
    });
  }

  private passOn(frames: Buffer, from: Socket): void {
    for (const socket of this.sockets) {
      if (socket === from) continue;
      if (socket.writableLength > MAX_WAITING_BYTES) socket.destroy();
      else socket.write(frames);
    }
  }
}
