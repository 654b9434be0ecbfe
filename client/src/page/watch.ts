import type { Clock } from '../clock.js';

export interface PingOptions {
  /** A ping goes out after such a silence. Default: 15,000 ms. */
  readonly everyMs?: number;
  /** Nothing for so long after a ping: the connection is dead. Default: 10,000 ms. */
  readonly withinMs?: number;
}

/** The time for an answer while a page is hidden, where browsers hold timers and frames back. */
const HIDDEN_MS = 60_000;
const PROBE_MS = 3000;
/** A timer that is later than this was held back, and what came meanwhile is not read yet. */
const LATE_MS = 1000;

/** Notices that nothing comes any more: `onclose` and `readyState` do not tell. */
export interface Watch {
  isHidden: boolean;
  rttMs: number | undefined;
  start(): void;
  stop(): void;
  /** A frame has come, which one does not matter. */
  heard(): void;
  /** That frame answers a ping. */
  ponged(): void;
  /** Looks at once, if nothing has come for so long. */
  probe(silentMs: number): void;
}

/** @param dead is called when nothing has answered a ping in time. */
export function createWatch(
  clock: Clock,
  { everyMs = 15_000, withinMs = 10_000 }: PingOptions = {},
  ping: () => void,
  dead: () => void,
): Watch {
  let timer: unknown;
  let heardMs = 0;
  let pingedMs = 0;
  let isAnswered = true;
  const wait = (ms: number): void => {
    clock.clear(timer);
    const dueMs = clock.now() + ms;
    timer = clock.set(() => look(dueMs), ms);
  };
  const ask = (ms: number): void => {
    pingedMs = clock.now();
    isAnswered = false;
    ping();
    wait(ms);
  };
  const look = (dueMs: number): void => {
    const nowMs = clock.now();
    const leftMs = everyMs - nowMs + heardMs;
    if (isAnswered) {
      if (leftMs > 1) wait(leftMs);
      else ask(watch.isHidden ? HIDDEN_MS : withinMs);
    } else if (nowMs - dueMs > LATE_MS) wait(LATE_MS);
    else dead();
  };
  const watch: Watch = {
    isHidden: false,
    rttMs: undefined,
    start() {
      watch.heard();
      wait(everyMs);
    },
    stop: () => clock.clear(timer),
    heard() {
      heardMs = clock.now();
      isAnswered = true;
    },
    ponged: () => void (watch.rttMs = clock.now() - pingedMs),
    probe(silentMs) {
      if (clock.now() - heardMs >= silentMs) ask(PROBE_MS);
    },
  };
  return watch;
}
