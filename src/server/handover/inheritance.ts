import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headerOf } from '../../broker/workers/control-frame.js';
import { HistoryDesk } from '../../broker/workers/history-desk.js';
import { type HistoryRequest, keptFrame } from '../../broker/workers/history-frames.js';
import type { MemoryBroker } from '../../broker/memory.broker.js';
import { PresenceDesk } from '../../broker/workers/presence-desk.js';
import { isPresenceRequest } from '../../broker/workers/presence-frames.js';
import { FrameReader, framesIn, relayFrame } from '../../broker/workers/relay-frame.js';
import { EstateReader } from './estate.js';

/** Takes the histories in memory of the predecessor, and who is present, and keeps them for it as well while it has clients. */
export class Inheritance {
  private readonly reader = new FrameReader();
  private readonly estate = new EstateReader();
  private readonly desk: HistoryDesk;
  private readonly presenceDesk: PresenceDesk;
  private isWhole = false;

  private constructor(
    private readonly broker: MemoryBroker,
    private readonly socket: Socket,
    private readonly whole: () => void,
  ) {
    this.desk = new HistoryDesk(broker.history);
    this.presenceDesk = new PresenceDesk(broker.presence);
  }

  /**
   * @param ask tells the predecessor on which Unix socket this process waits for them.
   * @returns a promise of all that it kept having arrived.
   * @throws when the predecessor ends before.
   */
  static async take(broker: MemoryBroker, ask: (path: string) => void): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-handover-')); // no other user can enter it
    const path = join(folder, 'history.sock');
    const server = createServer();
    try {
      server.listen(path);
      await once(server, 'listening');
      ask(path);
      const [socket] = (await once(server, 'connection')) as [Socket];
      await new Promise<void>((resolve, reject) => {
        socket.on('close', () =>
          reject(new Error('the process before has ended before it gave its histories')),
        );
        new Inheritance(broker, socket, resolve).begin();
      });
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  private begin(): void {
    this.socket.unref();
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => this.presenceDesk.close());
    this.socket.on('data', (bytes: Buffer) => {
      const frames = this.reader.wholeFrames(bytes);
      if (frames) for (const frame of framesIn(frames)) this.take(frame);
    });
  }

  private take(frame: Buffer): void {
    if (this.isWhole) void this.answer(frame).then((answer) => this.socket.write(answer));
    else this.add(frame);
  }

  private answer(frame: Buffer): Promise<Buffer> {
    const request = headerOf(frame);
    if (isPresenceRequest(request)) return this.presenceDesk.answer(request, frame);
    return this.desk.answer(request as HistoryRequest, frame);
  }

  private add(frame: Buffer): void {
    const estate = this.estate.take(frame);
    if (!estate) return;
    this.isWhole = true;
    const { history, presence } = this.broker;
    history.inherit(estate);
    history.alsoSend((channel, publication) => this.pass(keptFrame(channel, publication)));
    presence.alsoSend((channel, { text }) => this.pass(relayFrame({ channel, text })));
    this.whole();
  }

  private pass(frame: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(frame);
  }
}
