import type { Clock } from '../clock.js';
import { pageEvents, type PageEvents } from './page-events.js';
import type { Reason, State, StateInfo } from '../state.js';
import type { Watch } from './watch.js';

/** The connection that is let go and made. */
interface Paged {
  readonly state: State;
  readonly info: StateInfo;
  readonly clock: Clock;
  freeze(): void;
  open(reason: Reason): void;
}

/** The page of a connection, which takes its events. Listens only while the connection is in use. */
export interface Page {
  listen(): void;
  end(): void;
}

export function createPage(connection: Paged, watch: Watch, events: PageEvents | null = pageEvents): Page {
  /** A page that is seen again looks only if nothing has come for so long. */
  const SILENT_MS = 5000;
  const AT_MOST_EVERY_MS = 1000;
  let triedMs = -Infinity;
  let stop: (() => void) | undefined;
  const isWaiting = (isFrozen: boolean): boolean =>
    connection.state === 'waiting' && (connection.info.reason === 'frozen') === isFrozen;
  /** Looks whether the connection is good, or connects without waiting any longer. */
  const stirred = (isOnline: boolean, silentMs: number): void => {
    const nowMs = connection.clock.now();
    if (connection.state === 'live') watch.probe(silentMs);
    else if (isOnline && isWaiting(false) && nowMs - triedMs >= AT_MOST_EVERY_MS) {
      triedMs = nowMs;
      connection.open('online');
    }
  };
  return {
    listen() {
      stop ??= events?.({
        frozen: () => connection.freeze(),
        thawed() {
          if (isWaiting(true)) connection.open('frozen');
        },
        network: (isOnline) => stirred(isOnline, 0),
        visible(isVisible) {
          watch.isHidden = !isVisible;
          if (isVisible) stirred(true, SILENT_MS);
        },
      });
    },
    end() {
      stop?.();
      stop = undefined;
    },
  };
}
