import type { Clock } from './clock.js';
import { pageEvents, type PageEvents } from './page-events.js';
import type { Reason, State } from './state.js';
import type { Watch } from './watch.js';

const PROBE_MS = 3000;
/** A page that is seen again looks only if nothing has come for so long. */
const SILENT_MS = 5000;
const AT_MOST_EVERY_MS = 1000;

/** The connection that is let go and made. */
interface Paged {
  readonly state: State;
  readonly clock: Clock;
  readonly watch: Watch;
  freeze(): void;
  open(reason: Reason): void;
}

/** What the page meets, as the connection takes it. Listens only while the connection is in use. */
export class Page {
  readonly #connection: Paged;
  readonly #events: PageEvents | null;
  #end: (() => void) | undefined;
  #isFrozen = false;
  #triedMs = -Infinity;

  constructor(connection: Paged, events: PageEvents | null = pageEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  listen(): void {
    this.#end ??= this.#events?.({
      frozen: () => this.#freeze(),
      thawed: () => this.#thaw(),
      network: (isOnline) => this.#stirred(isOnline, 0),
      visible: (isVisible) => {
        this.#connection.watch.isHidden = !isVisible;
        if (isVisible) this.#stirred(true, SILENT_MS);
      },
    });
  }

  end(): void {
    this.#end?.();
    this.#end = undefined;
    this.#isFrozen = false;
  }

  #freeze(): void {
    this.#isFrozen = true;
    this.#connection.freeze();
  }

  #thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#connection.open('frozen');
  }

  /** Looks whether the connection is good, or connects without waiting any longer. */
  #stirred(isOnline: boolean, silentMs: number): void {
    if (this.#isFrozen) return;
    const { state, clock, watch } = this.#connection;
    if (state === 'live') return watch.probe(PROBE_MS, silentMs);
    if (state !== 'waiting' || !isOnline || clock.now() - this.#triedMs < AT_MOST_EVERY_MS) return;
    this.#triedMs = clock.now();
    this.#connection.open('online');
  }
}
