import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistoryDesk } from './history-desk.js';
import { type ControlHeader, headerOf, isControl } from './control-frame.js';
import { type HistoryRequest, keptFrame } from './history-frames.js';
import { MemoryHistory } from '../memory.history.js';
import { MemoryPresenceBook } from '../memory.presence-book.js';
import { PresenceDesk } from './presence-desk.js';
import { isPresenceRequest } from './presence-frames.js';
import { FrameReader, framesIn, relayFrame } from './relay-frame.js';
import { willIn } from './relay-will.js';

/** A worker with more than this waiting does not keep up: it is disconnected, reports `lost`, and connects again. */
const MAX_WAITING_BYTES = 67_108_864;

/** A worker process, as the relay knows it. */
interface Worker {
  readonly presence: PresenceDesk;
  /** The frame for the others when it is gone. */
  will?: Buffer | undefined;
}

/**
 * Relays publications between the worker processes of one machine, as the bytes that came, and keeps the histories of
 * channels for all of them: a worker that is killed loses nothing.
 */
export class WorkersRelay {
  private readonly history = new MemoryHistory((channel, publication) =>
    this.sendAll(keptFrame(channel, publication)),
  );
  private readonly desk = new HistoryDesk(this.history);
  private readonly presence = new MemoryPresenceBook((channel, { text }) =>
    this.sendAll(relayFrame({ channel, text })),
  );
  /** The frames for all that this turn of the event loop has brought. */
  private outgoing: Buffer[] = [];
  private readonly workers = new Map<Socket, Worker>();

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** The Unix socket where {@link WorkersBroker}s connect; in a folder that only this user can enter. */
    readonly path: string,
  ) {
    this.history.start();
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
    this.history.stop();
    for (const socket of this.workers.keys()) socket.destroy();
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private accept(socket: Socket): void {
    const reader = new FrameReader();
    const worker: Worker = { presence: new PresenceDesk(this.presence) };
    this.workers.set(socket, worker);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.workers.delete(socket);
      worker.presence.close();
      if (worker.will) this.sendAll(worker.will);
    });
    socket.on('data', (bytes: Buffer) => {
      const frames = reader.wholeFrames(bytes);
      if (frames) this.take(frames, socket);
    });
  }

  /** Publications go to the others as they are, requests are answered. */
  private take(frames: Buffer, from: Socket): void {
    let passed = 0;
    let end = 0;
    for (const frame of framesIn(frames)) {
      if (isControl(frame)) {
        this.passOn(frames.subarray(passed, end), from);
        passed = end + frame.length;
        this.heed(frame, from);
      }
      end += frame.length;
    }
    this.passOn(frames.subarray(passed), from);
  }

  private heed(frame: Buffer, from: Socket): void {
    const will = willIn(frame);
    if (will) this.workers.get(from)!.will = will;
    else void this.answer(frame, from).then((answer) => write(from, answer));
  }

  private answer(frame: Buffer, from: Socket): Promise<Buffer> {
    const request: ControlHeader = headerOf(frame);
    if (isPresenceRequest(request)) return this.workers.get(from)!.presence.answer(request, frame);
    return this.desk.answer(request as HistoryRequest, frame);
  }

  private passOn(frames: Buffer, from: Socket): void {
    if (frames.length === 0) return;
    for (const socket of this.workers.keys()) if (socket !== from) write(socket, frames);
  }

  private sendAll(frame: Buffer): void {
    if (this.outgoing.push(frame) === 1) setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    const frames = Buffer.concat(this.outgoing);
    this.outgoing = [];
    for (const socket of this.workers.keys()) write(socket, frames);
  };
}

function write(socket: Socket, frames: Buffer): void {
  if (socket.writableLength > MAX_WAITING_BYTES) socket.destroy();
  else socket.write(frames);
}
