import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { monotonicMs } from '../../../base/monotonic-ms.js';
import { type ClientSelection, readSelection } from '../../../clients/client-selection.js';
import { LocalClients } from '../../../clients/local-clients.js';
import { Cluster } from '../../../cluster/cluster.js';
import { isObject, membersOf } from '../../../protocol/json/json.js';
import { type Fetched, FrameTap } from './frame-tap.js';

export const FRAMES = 'console frames';

/** The time after which who has not fetched is gone. */
const GONE_AFTER_MS = 5_000;
const SWEEP_MS = 1_000;
/** The most that are followed at a time on this node. */
const MAX_TAPS = 20;

/** The question of a node to the others, again and again, as long as somebody follows. */
export interface FramesQuestion {
  /** Tells apart those who follow. */
  readonly tail: string;
  /** In its wire form. */
  readonly selection: string;
  readonly showsData: boolean;
  /** Whether that was all. */
  readonly ends: boolean;
}

interface Kept {
  readonly tap: FrameTap;
  readonly selection: ClientSelection;
  askedAtMs: number;
}

/** Hears frames of clients of this node for those who follow them on any node; while nobody does, nothing is heard. */
@Injectable()
export class FrameTaps implements OnApplicationShutdown {
  private readonly taps = new Map<string, Kept>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    cluster: Cluster,
    private readonly clients: LocalClients,
  ) {
    cluster.answer(FRAMES, (question) => this.answer(questionIn(question)));
  }

  onApplicationShutdown(): void {
    for (const tail of this.taps.keys()) this.end(tail);
  }

  /** @throws when too many are followed. */
  private answer({ tail, selection, showsData, ends }: FramesQuestion): Fetched {
    const kept = this.taps.get(tail) ?? this.begin(tail, selection, showsData);
    kept.askedAtMs = monotonicMs();
    // To look for a connection takes a look at all of them, and there is one of an id.
    if (kept.selection.connection === undefined || !kept.tap.hasOpen)
      kept.tap.hear(this.clients.select(kept.selection).map(({ connection }) => connection));
    const fetched = kept.tap.fetch();
    if (ends) this.end(tail);
    return fetched;
  }

  private begin(tail: string, selection: string, showsData: boolean): Kept {
    if (this.taps.size >= MAX_TAPS) throw new Error(`more than ${MAX_TAPS} follow frames of clients`);
    const kept = {
      tap: new FrameTap(showsData),
      selection: readSelection(membersOf(selection)),
      askedAtMs: 0,
    };
    this.taps.set(tail, kept);
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return kept;
  }

  private sweep(): void {
    const nowMs = monotonicMs();
    for (const [tail, { askedAtMs }] of this.taps) if (nowMs - askedAtMs > GONE_AFTER_MS) this.end(tail);
  }

  private end(tail: string): void {
    this.taps.get(tail)?.tap.end();
    this.taps.delete(tail);
    if (this.taps.size > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }
}

/** @throws when it is none: another node has checked it. */
function questionIn(question: unknown): FramesQuestion {
  const { tail, selection, showsData, ends } = isObject(question) ? question : {};
  if (typeof tail !== 'string' || typeof selection !== 'string' || !isObject(JSON.parse(selection)))
    throw new TypeError('a selection is missing');
  return { tail, selection, showsData: showsData === true, ends: ends === true };
}
