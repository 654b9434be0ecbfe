import type { Connection } from '../../../connection/connection.js';
import type { FrameListener } from '../../../connection/inbox/tapped-inbox.js';
import { maskedFrame, shownData } from './masked-data.js';
import { richJsonText } from '../../../protocol/json/rich-json.js';

/** The most frames, and characters of them, that wait to be fetched. */
const MAX_FRAMES = 500;
const MAX_LENGTH = 262_144;
/** The most connections that are heard for one who follows. */
const MAX_CONNECTIONS = 100;

/** A frame of a client, as nodes tell it to each other. */
export interface TappedFrame {
  readonly atMs: number;
  readonly connection: string;
  readonly direction: 'in' | 'out';
  /** In bytes. */
  readonly size: number;
  /** Its content, as JSON: masked, or without secrets. */
  readonly text: string;
}

/** The frames since the last time. */
export interface Fetched {
  readonly frames: readonly TappedFrame[];
  /** The number there was no room for. */
  readonly dropped: number;
  /** The number of connections that are heard. */
  readonly connections: number;
}

/** The frames of some clients of this node, for one who follows them, until it is ended. */
export class FrameTap {
  private readonly ends = new Map<Connection, () => void>();
  private frames: TappedFrame[] = [];
  private length = 0;
  private dropped = 0;

  constructor(private readonly showsData: boolean) {}

  /** Whether any of those that are heard is still there. */
  get hasOpen(): boolean {
    for (const connection of this.ends.keys()) if (connection.isOpen) return true;
    return false;
  }

  /** Hears these connections too, and those no more that have ended. */
  hear(connections: Iterable<Connection>): void {
    for (const connection of this.ends.keys()) if (!connection.isOpen) this.ends.delete(connection);
    for (const connection of connections) {
      if (this.ends.size >= MAX_CONNECTIONS) return;
      if (!this.ends.has(connection)) this.ends.set(connection, connection.tap(this.listenerFor(connection)));
    }
  }

  fetch(): Fetched {
    const { frames, dropped } = this;
    this.frames = [];
    this.length = 0;
    this.dropped = 0;
    return { frames, dropped, connections: this.ends.size };
  }

  end(): void {
    for (const end of this.ends.values()) end();
    this.ends.clear();
  }

  private listenerFor(connection: Connection): FrameListener {
    return {
      received: (payload) => this.take(connection, 'in', payload),
      sent: (payload) => this.take(connection, 'out', payload),
    };
  }

  private take({ id: connection }: Connection, direction: 'in' | 'out', payload: Buffer): void {
    if (this.frames.length >= MAX_FRAMES || this.length > MAX_LENGTH) {
      this.dropped++;
      return;
    }
    const source = payload.toString();
    const text = richJsonText(this.showsData ? shownData(source) : maskedFrame(source));
    this.length += text.length;
    this.frames.push({ atMs: Date.now(), connection, direction, size: payload.length, text });
  }
}
