import type { Clock } from '../clock.js';
import { platform } from '../platform.js';
import type { Transport, TransportFactory } from './transport.js';

/** A place that keeps a text for a while, like `sessionStorage`. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

/**
 * Opens two transports, the second when the first has failed, or has no frame after a head start; the one that has a frame first
 * stays. Where the second was it, that is remembered for half an hour: then there is no head start, but the first has its
 * chance all the same.
 */
export function beside(
  first: TransportFactory,
  second: TransportFactory,
  clock: Clock,
  storage?: TextStorage,
): TransportFactory {
  const HEAD_START_MS = 3000;
  const REMEMBERED_MS = 1_800_000;
  const KEY = 'kittiwake';
  return (url, events) => {
    const open: Transport[] = [];
    let chosen: Transport | undefined;
    let isOver: boolean | undefined;
    let isFollowed: boolean | undefined;
    let failures = 0;
    const timer = clock.set(follow, remembered() ? 0 : HEAD_START_MS);
    start(first);
    return {
      get name() {
        return chosen!.name;
      },
      send: (text) => chosen!.send(text),
      close() {
        isOver = true;
        end();
      },
    };

    function start(factory: TransportFactory): void {
      let own: Transport | undefined;
      const closed = (code: number, reason: string): void => {
        if (isOver) return;
        if (chosen ? chosen !== own : ++failures < 2) return follow();
        isOver = true;
        events.closed(code, reason);
      };
      const frame = (text: string): void => {
        if (isOver) return;
        if (!chosen) {
          chosen = own;
          end();
          remembered(factory === second ? Date.now() : 1);
        }
        if (chosen === own) events.frame(text);
      };
      try {
        own = factory(url, { frame, closed });
        open.push(own);
      } catch {
        closed(1006, '');
      }
    }

    function follow(): void {
      if (isOver || isFollowed) return;
      isFollowed = true;
      start(second);
    }

    /** Closes all but the chosen one. */
    function end(): void {
      clock.clear(timer);
      for (const transport of open) if (isOver || transport !== chosen) transport.close(1000);
    }

    /** Whether the second was it lately. @param atMs when it was, to be remembered. */
    function remembered(atMs?: number): boolean {
      try {
        const store = (storage ?? platform.sessionStorage)!;
        if (atMs) store.setItem(KEY, `${atMs}`);
        return Date.now() - +store.getItem(KEY)! < REMEMBERED_MS;
      } catch {
        return false; // Some pages may not even ask for their storage.
      }
    }
  };
}
