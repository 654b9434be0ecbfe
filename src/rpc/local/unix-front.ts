import { Logger } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import type { LineServer } from './line-server.js';
import { NetUnixListener } from './net.unix-listener.js';
import type { StateFolder } from './state-folder.js';
import type { UnixListener } from './unix-listener.js';
import { loadUSocket } from './usocket.js';
import { USocketUnixListener } from './usocket.unix-listener.js';

const REOPEN_MS = 1_000;

/** The Unix socket in the state folder. It passes descriptors if they are enabled and `usocket` is installed. */
export class UnixFront {
  private readonly logger = new Logger('Procedures');
  private listener: UnixListener | undefined;
  private reopening: NodeJS.Timeout | undefined;

  constructor(
    private readonly lines: LineServer,
    private readonly folder: StateFolder,
    /** The most for one request or answer; 0: none. */
    private readonly maxDescriptors: number,
  ) {}

  /** Listens, unseen until {@link StateFolder.placeSocket}. @throws {StateError} @throws when it cannot listen. */
  async open(): Promise<void> {
    this.listener = this.newListener();
    await this.folder.listen(this.listener);
  }

  close(): void {
    clearTimeout(this.reopening);
    this.listener?.close();
  }

  private newListener(): UnixListener {
    const events = {
      connected: (connection: Parameters<LineServer['accept']>[1]) => this.lines.accept('unix', connection),
      failed: (error: Error) => this.logger.error(`a connection was not accepted: ${error.message}`),
      lost: (error: Error) => this.lost(error),
    };
    const usocket = this.maxDescriptors > 0 ? this.usocket() : undefined;
    return usocket
      ? new USocketUnixListener(usocket, this.maxDescriptors, events)
      : new NetUnixListener(events);
  }

  private usocket(): ReturnType<typeof loadUSocket> {
    try {
      return loadUSocket();
    } catch (error) {
      this.logger.warn(`no file descriptors are passed, since usocket cannot be loaded: ${messageOf(error)}`);
      return undefined;
    }
  }

  private lost(error: Error): void {
    this.logger.error(`a connection was not accepted: ${error.message}; the socket is opened anew`);
    this.reopening = setTimeout(() => void this.reopen(), REOPEN_MS);
  }

  private async reopen(): Promise<void> {
    try {
      await this.open();
      this.folder.placeSocket();
    } catch (error) {
      this.lost(error as Error);
    }
  }
}
