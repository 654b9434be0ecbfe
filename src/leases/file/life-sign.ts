import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';

/** The size of `sun_path` (unix(7)) without the terminating null byte. */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/**
 * Shows other processes of this machine that this one lives: a Unix socket that it listens on. It is gone with the process,
 * however that ends, and unlike a process id it is nobody else's afterwards.
 */
export class LifeSign {
  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** @throws when there cannot be such a socket. */
  static async show(path: string): Promise<LifeSign> {
    const server = createServer((socket) => socket.destroy());
    server.listen(path);
    await once(server, 'listening');
    server.unref();
    return new LifeSign(server, path);
  }

  /** Whether the process that showed it lives, be it paused. */
  static isShown(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(path, () => {
        socket.destroy();
        resolve(true);
      });
      // EAGAIN: somebody listens, but the backlog is full. What else is wrong is no proof that nobody does.
      socket.once('error', ({ code }: NodeJS.ErrnoException) =>
        resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
      );
    });
  }

  async hide(): Promise<void> {
    this.server.close();
    await rm(this.path, { force: true });
  }
}
