import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { stackOf } from '../../base/message-of.js';
import { Publication } from '../../protocol/publication.js';
import { BrokerError, brokerError } from '../broker.error.js';
import type { Broker, BrokerListener, BrokerState } from '../broker.js';
import { isControl } from './control-frame.js';
import { channelOf, FrameReader, framesIn, relayFrame, textOf } from './relay-frame.js';
import { willFrame } from './relay-will.js';
import { RelayedHistory } from './relayed.history.js';
import { RelayedPresenceBook } from './relayed.presence-book.js';
import { RelayedRequests } from './relayed-requests.js';

const RECONNECT_MS = 100;

/** The publications of one turn of the event loop, which are written at once. */
interface Outgoing {
  readonly frames: Buffer[];
  /** Settles when the operating system has all of it: then it arrives, even if this process ends. */
  readonly written: Promise<void>;
  settle(error: Error | null | undefined): void;
}

/** Carries publications between the worker processes of one machine, over a {@link WorkersRelay}; nothing to install. */
export class WorkersBroker implements Broker {
  readonly isShared = true;
  /** The relay keeps it. */
  readonly history: RelayedHistory;
  /** The relay keeps it as well. */
  readonly presence: RelayedPresenceBook;
  private readonly requests = new RelayedRequests((frame) => this.request(frame));
  private readonly logger = new Logger('Broker');
  private readonly channels = new Set<string>();
  private listener: BrokerListener | undefined;
  private socket: Socket | undefined;
  private isReady = false;
  /** The frame that leaves something to the others. */
  private lastWill: Buffer | undefined;
  private outgoing: Outgoing | undefined;
  private reconnection: NodeJS.Timeout | undefined;

  /** @param path the Unix socket of the relay. */
  constructor(private readonly path: string) {
    this.history = new RelayedHistory(this.requests);
    this.presence = new RelayedPresenceBook(this.requests);
  }

  get state(): BrokerState {
    if (!this.listener) return 'stopped';
    return this.isReady ? 'ready' : 'lost';
  }

  async start(listener: BrokerListener): Promise<void> {
    if (this.listener) throw new BrokerError('a broker is started once');
    this.listener = listener;
    try {
      await this.connect();
    } catch (error) {
      this.listener = undefined;
      throw brokerError(error, 'the other worker processes cannot be reached');
    }
  }

  async join(channel: string): Promise<void> {
    this.requireReady('join');
    this.channels.add(channel);
  }

  async leave(channel: string): Promise<void> {
    this.channels.delete(channel);
  }

  async publish(channel: string, publication: Publication): Promise<void> {
    this.requireReady('publish');
    const written = this.send(relayFrame({ channel, text: publication.text }));
    if (this.channels.has(channel)) this.listener?.received(channel, publication);
    await written;
  }

  will(channel: string, publication: Publication): void {
    this.lastWill = willFrame(channel, publication);
    if (this.isReady) this.socket?.write(this.lastWill);
  }

  async stop(): Promise<void> {
    this.listener = undefined;
    this.isReady = false;
    clearTimeout(this.reconnection);
    this.flush();
    this.requests.lost();
    this.socket?.destroySoon();
    this.channels.clear();
  }

  private requireReady(verb: string): void {
    const { state } = this;
    if (state !== 'ready') throw new BrokerError(`cannot ${verb}: the broker is ${state}`);
  }

  private async connect(): Promise<void> {
    const socket = createConnection(this.path);
    this.socket = socket;
    await once(socket, 'connect');
    const reader = new FrameReader();
    socket.on('data', (bytes: Buffer) => {
      const frames = reader.wholeFrames(bytes);
      if (frames) for (const frame of framesIn(frames)) this.receive(frame);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.lost());
    if (this.lastWill) socket.write(this.lastWill);
    this.isReady = true;
    this.listener?.stateChanged('ready');
  }

  private receive(frame: Buffer): void {
    if (isControl(frame)) {
      this.requests.answered(frame);
      return;
    }
    const channel = channelOf(frame);
    if (!this.channels.has(channel)) return;
    try {
      this.listener?.received(channel, Publication.of(textOf(frame)));
    } catch (error) {
      this.logger.error(stackOf(error)); // a defect: the sender has parsed it
    }
  }

  private lost(): void {
    if (!this.listener || !this.isReady) return;
    this.isReady = false;
    this.requests.lost();
    this.outgoing?.settle(new BrokerError('the connection to the other worker processes is lost'));
    this.outgoing = undefined;
    this.listener.stateChanged('lost');
    this.reconnect();
  }

  private reconnect(): void {
    this.reconnection = setTimeout(() => {
      this.connect().catch(() => this.listener && this.reconnect());
    }, RECONNECT_MS);
  }

  private request(frame: Buffer): void {
    this.requireReady('publish');
    void this.send(frame);
  }

  private send(frame: Buffer): Promise<void> {
    this.outgoing ??= this.collect();
    this.outgoing.frames.push(frame);
    return this.outgoing.written;
  }

  private collect(): Outgoing {
    setImmediate(this.flush);
    let settle!: Outgoing['settle'];
    const written = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(brokerError(error, 'cannot publish')) : resolve());
    });
    written.catch(() => undefined); // publish() rejects with it
    return { frames: [], written, settle };
  }

  private readonly flush = (): void => {
    const { outgoing, socket } = this;
    this.outgoing = undefined;
    if (!outgoing || !socket) return;
    socket.write(Buffer.concat(outgoing.frames), (error) => outgoing.settle(error));
  };
}
