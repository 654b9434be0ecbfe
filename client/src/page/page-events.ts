import { type EventsLike, platform } from '../platform.js';

/** A listener to what a page, or an app on a phone, meets. */
export interface PageListener {
  /** The network came or went: the connection is looked at, or made, at once. */
  network(isOnline: boolean): void;
  /** The page is seen, or no longer. */
  visible(isVisible: boolean): void;
  /** No script runs from now on: the connection is let go. */
  frozen(): void;
  /** Scripts run again: the connection is made at once. */
  thawed(): void;
}

/** Tells a listener of such events, until what it returns is called. */
export type PageEvents = (listener: PageListener) => () => void;

/**
 * The events of a browser's page, and what there is of them elsewhere. A page in the back/forward cache keeps its socket
 * alive for the gateway while no script runs (Chromium 156), so the connection is let go before; `freeze` and `resume`
 * are told to the document only.
 */
export const pageEvents: PageEvents = (listener) => {
  const { document } = platform;
  const end = new platform.AbortController();
  const on = (
    target: EventsLike | undefined,
    type: string,
    fn: (event: { persisted?: boolean }) => void,
  ): void => target?.addEventListener?.(type, fn, end);
  on(platform, 'online', () => listener.network(true));
  on(platform, 'offline', () => listener.network(false));
  on(platform, 'pagehide', ({ persisted }) => persisted && listener.frozen());
  on(platform, 'pageshow', () => listener.thawed());
  on(document, 'freeze', () => listener.frozen());
  on(document, 'resume', () => listener.thawed());
  on(document, 'visibilitychange', () => listener.visible(document?.visibilityState !== 'hidden'));
  return () => end.abort();
};
