import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../base/monotonic-ms.js';
import { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import { BrokerError } from './broker.error.js';
import type { Appended, Appending, BrokerHistory, HistoryPage, HistoryStart } from './history.js';

/** The time for which a key makes a repeat harmless. */
export const IDEMPOTENCY_MS = 300_000;
/** The time for which the last number of a channel is known, when nothing is kept of it any more. */
export const TOP_TTL_MS = 86_400_000;
const SWEEP_MS = 30_000;
/** Numbers of a channel begin at the time, so that one that was forgotten does not begin again where it was. */
const NUMBERS_PER_MS = 100;
const NUMBERS_SINCE_MS = 1_700_000_000_000;

/** A number that no publication of a channel can have had that has been forgotten. */
export function firstNumber(nowMs = Date.now()): number {
  return (nowMs - NUMBERS_SINCE_MS) * NUMBERS_PER_MS;
}

/** A name for an epoch, which no other has. */
export function newEpoch(): string {
  return randomBytes(6).toString('base64url');
}

/** All that one process keeps. */
export interface MemoryEstate {
  readonly epoch: string;
  readonly channels: readonly {
    readonly channel: string;
    readonly offset: number;
    /** The time for which publications are kept. */
    readonly leftMs: number;
    readonly publications: readonly Publication[];
  }[];
  readonly keys: readonly { readonly key: string; readonly position: string; readonly leftMs: number }[];
}

/** The history of one channel. */
class Log {
  offset = firstNumber();
  publications: Publication[] = [];
  /** By the monotonic clock. */
  endsMs = 0;
  forgottenMs = monotonicMs() + TOP_TTL_MS;
}

/** The history of a single process, or of the processes of one machine, in the memory of that which keeps it. */
export class MemoryHistory implements BrokerHistory {
  private epoch = newEpoch();
  private readonly logs = new Map<string, Log>();
  /** By channel and key, the oldest first. */
  private readonly keys = new Map<string, { readonly position: Position; readonly endsMs: number }>();
  private isOpen = false;
  /** Keeps everything in place of this one, which has given it all. */
  private heir: BrokerHistory | undefined;
  private sweeping: NodeJS.Timeout | undefined;

  /** @param send sends a publication to those who have joined its channel. */
  constructor(private send: (channel: string, publication: Publication) => void) {}

  /** Has everything that is kept sent there as well. */
  alsoSend(send: (channel: string, publication: Publication) => void): void {
    const before = this.send;
    this.send = (channel, publication) => {
      before(channel, publication);
      send(channel, publication);
    };
  }

  append(channel: string, publication: Publication, appending: Appending): Appended | Promise<Appended> {
    if (!this.isOpen) throw new BrokerError('cannot publish: the broker is stopped');
    if (this.heir) return this.heir.append(channel, publication, appending);
    const { retention, idempotencyKey } = appending;
    const key = idempotencyKey === undefined ? undefined : `${channel} ${idempotencyKey}`;
    const known = key === undefined ? undefined : this.keys.get(key);
    if (known && known.endsMs > monotonicMs()) return { position: known.position, isRepeated: true };
    const position = this.keep(channel, publication, retention);
    if (key !== undefined) {
      this.keys.delete(key);
      this.keys.set(key, { position, endsMs: monotonicMs() + IDEMPOTENCY_MS });
    }
    this.send(channel, publication);
    publication.slim();
    return { position, isRepeated: false };
  }

  async read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    if (this.heir) return this.heir.read(channel, start);
    const log = this.logOf(channel);
    const top = new Position(this.epoch, log.offset);
    const kept = log.endsMs > monotonicMs() ? log.publications : [];
    if (start === 'oldest') return { top, publications: [...kept], ordered: [] };
    const missed = start !== 'top' && start.isWithin(top) ? top.offset - start.offset : Infinity;
    if (missed > kept.length) return { top, publications: undefined, ordered: [] };
    const at = kept.length - missed;
    return { top, publications: kept.slice(at), ordered: kept.slice(0, at).filter(hasOrder) };
  }

  async tops(channels: readonly string[], areInUse: boolean): Promise<readonly (Position | undefined)[]> {
    if (this.heir) return this.heir.tops(channels, areInUse);
    return channels.map((channel) => {
      const log = this.known(channel);
      if (!log) return undefined;
      if (areInUse) log.forgottenMs = monotonicMs() + TOP_TTL_MS;
      return new Position(this.epoch, log.offset);
    });
  }

  start(): void {
    this.isOpen = true;
    this.sweeping = setInterval(() => this.sweep(monotonicMs()), SWEEP_MS).unref();
  }

  /** Gives everything that is kept to another process, which keeps it from here on. */
  giveTo(heir: BrokerHistory): MemoryEstate {
    const nowMs = monotonicMs();
    const channels = [...this.logs].map(([channel, { offset, publications, endsMs }]) => {
      const leftMs = endsMs - nowMs;
      return { channel, offset, leftMs, publications: leftMs > 0 ? publications : [] };
    });
    const keys = [...this.keys].map(([key, { position, endsMs }]) => ({
      key,
      position: position.toString(),
      leftMs: endsMs - nowMs,
    }));
    this.logs.clear();
    this.keys.clear();
    this.heir = heir;
    return { epoch: this.epoch, channels, keys };
  }

  /** The heir is gone, and what it has kept: numbers begin anew here. */
  takeBack(): void {
    this.heir = undefined;
    this.epoch = newEpoch();
  }

  /** Goes on where another process has ended. */
  inherit({ epoch, channels, keys }: MemoryEstate): void {
    const nowMs = monotonicMs();
    this.epoch = epoch;
    for (const { channel, offset, leftMs, publications } of channels) {
      const log = new Log();
      Object.assign(log, { offset, endsMs: nowMs + leftMs, publications: [...publications] });
      this.logs.set(channel, log);
    }
    for (const { key, position, leftMs } of keys)
      this.keys.set(key, { position: Position.parse(position)!, endsMs: nowMs + leftMs });
  }

  /** Forgets everything. */
  stop(): void {
    this.isOpen = false;
    clearInterval(this.sweeping);
    this.logs.clear();
    this.keys.clear();
    this.epoch = newEpoch();
  }

  private keep(channel: string, publication: Publication, retention: Appending['retention']): Position {
    const { size, ttlMs, isBrief = false } = retention;
    const log = this.logOf(channel);
    const nowMs = monotonicMs();
    if (log.endsMs <= nowMs) log.publications = [];
    const position = new Position(this.epoch, ++log.offset);
    publication.position = position;
    log.publications.push(publication);
    if (log.publications.length > size) log.publications.splice(0, log.publications.length - size);
    log.endsMs = nowMs + ttlMs;
    log.forgottenMs = nowMs + (isBrief ? ttlMs : Math.max(TOP_TTL_MS, ttlMs));
    return position;
  }

  private logOf(channel: string): Log {
    let log = this.known(channel);
    if (!log) this.logs.set(channel, (log = new Log()));
    return log;
  }

  private known(channel: string): Log | undefined {
    const log = this.logs.get(channel);
    return log && log.forgottenMs > monotonicMs() ? log : undefined;
  }

  private sweep(nowMs: number): void {
    for (const [channel, log] of this.logs) {
      if (log.endsMs <= nowMs) log.publications = [];
      if (log.forgottenMs <= nowMs) this.logs.delete(channel);
    }
    for (const [key, { endsMs }] of this.keys) {
      if (endsMs > nowMs) break;
      this.keys.delete(key);
    }
  }
}

/** Whether its order plays a part. */
export function hasOrder({ options }: Publication): boolean {
  return options.order !== undefined;
}
