import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { KITTIWAKE_V1 } from '../../src/protocol/sub-protocol.js';
import type { Chance } from '../support/chance.js';
import { hasReached, isNext, type Ledger } from './ledger.js';

const MAX_AWAY_MS = 300;
const MIN_AWAY_MS = 20;

/** Counts of what clients went through. */
export interface Journeys {
  connected: number;
  received: number;
  recovered: number;
  refused: number;
  resets: number;
}

interface Frame {
  readonly event: string;
  readonly subscription: string;
  readonly status?: string;
  readonly position?: string;
  readonly recovered?: boolean;
  readonly data?: unknown;
}

/**
 * A client that follows positions, is cut off and comes back, to whichever node, until it is stopped. It notes in the
 * ledger whatever comes that is not next, unless it was told.
 */
export class MovingClient {
  private readonly positions = new Map<string, string>();
  /** Topics whose state it has been given with this connection. */
  private readonly subscribed = new Set<string>();
  private webSocket: WebSocket | undefined;
  private isStopped = false;
  private stay: Promise<void> | undefined;

  constructor(
    readonly name: string,
    readonly topics: readonly string[],
    private readonly urls: () => readonly string[],
    private readonly ledger: Ledger,
    private readonly journeys: Journeys,
    private readonly chance: Chance,
  ) {}

  start(): void {
    this.stay ??= this.live();
  }

  /** Cuts the connection, in whatever state it is. */
  cut(): void {
    this.webSocket?.terminate();
  }

  /** Whether it has all of a topic up to a position, or was told of another epoch. */
  hasReached(topic: string, position: string): boolean {
    const own = this.positions.get(topic);
    return own !== undefined && this.subscribed.has(topic) && hasReached(own, position);
  }

  /** Where it is. */
  positionOf(topic: string): string | undefined {
    return this.positions.get(topic);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cut();
    await this.stay;
  }

  private async live(): Promise<void> {
    while (!this.isStopped) {
      await this.visit(this.chance.of(this.urls()));
      await delay(MIN_AWAY_MS + this.chance.below(MAX_AWAY_MS));
    }
  }

  /** Resolves when the connection has ended. */
  private async visit(url: string): Promise<void> {
    const webSocket = new WebSocket(url, [KITTIWAKE_V1]);
    this.webSocket = webSocket;
    this.subscribed.clear();
    webSocket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Frame));
    webSocket.on('error', () => undefined);
    webSocket.on('open', () => {
      this.journeys.connected++;
      for (const topic of this.topics) webSocket.send(JSON.stringify(this.wish(topic)));
    });
    await new Promise((resolve) => webSocket.once('close', resolve));
  }

  private wish(topic: string): object {
    const position = this.positions.get(topic);
    const more = position === undefined ? { recover: true } : { position };
    return { event: 'subscribe', subscription: topic, id: topic, ...more };
  }

  private take(frame: Frame): void {
    const { event, subscription: topic, position } = frame;
    if (event === 'subscribe') this.begin(frame);
    else if (event === 'message') this.message(frame);
    else if (event === 'reset') {
      this.journeys.resets++;
      this.positions.set(topic, position!);
    } else if (event === 'position') this.told(topic, position!);
  }

  private begin({ subscription: topic, status, recovered, position }: Frame): void {
    if (status !== 'ok') {
      this.cut(); // the node cannot say: it comes back, to this or another one
      return;
    }
    this.subscribed.add(topic);
    if (recovered === true) this.journeys.recovered++;
    else if (recovered === false) this.journeys.refused++;
    if (recovered !== true) this.positions.set(topic, position!);
  }

  private message({ subscription: topic, position, data }: Frame): void {
    this.journeys.received++;
    if (position === undefined) {
      this.ledger.fault(`${this.name}: ${topic} brought ${JSON.stringify(data)} without a position`);
      return;
    }
    this.ledger.note(topic, position, data);
    const before = this.positions.get(topic)!;
    if (!isNext(position, before))
      this.ledger.fault(`${this.name}: ${topic}: ${position} came after ${before}`);
    this.positions.set(topic, position);
  }

  /** Nothing is kept back here, so that it can only be where it is. */
  private told(topic: string, position: string): void {
    const before = this.positions.get(topic)!;
    if (position !== before) this.ledger.fault(`${this.name}: ${topic}: told ${position} after ${before}`);
  }
}
