import { beside, type TextStorage } from './beside.js';
import { type Clock, systemClock } from '../clock.js';
import { type FetchLike, type HttpAnswer, platform } from '../platform.js';
import type { TransportFactory } from './transport.js';

export interface HttpStreamOptions {
  /** Default: that of the platform. */
  readonly fetch?: FetchLike;
  /** Further headers of all requests, asked for each time. From another origin, they cost a preflight. */
  readonly headers?: () => Record<string, string>;
  /** Whether cookies go along. Default: `same-origin`. */
  readonly credentials?: 'omit' | 'same-origin' | 'include';
  /** The store that remembers that WebSockets fail. Default: `sessionStorage`, if there is one. */
  readonly storage?: TextStorage;
  /** The one of the client, for tests that turn it themselves. */
  readonly clock?: Clock;
}

/**
 * Carries frames over plain HTTP, for networks that WebSockets do not pass: after another transport in a list it has its turn
 * when that one fails, or has no frame in time. Where an answer is held back until it is whole, it polls.
 */
export function httpStream(options: HttpStreamOptions = {}): TransportFactory {
  /** An answer of which nothing has come by then is held back. */
  const MUTE_MS = 4500;
  /** So often, and it polls. */
  const MUTES = 2;
  /** HTTP/1.1 has six connections to a host: a page that nobody sees lets go of its own after this. */
  const HIDDEN_MS = 10_000;
  const RETRY_MS = 1000;
  /** The lowest status after which it is asked again. */
  const TOO_MANY = 429;
  const WAIT_S = 25;
  /** The most characters of frames in one request; one that is longer goes alone. */
  const MOST = 200_000;
  const {
    fetch = platform.fetch,
    headers = () => ({}),
    credentials = 'same-origin',
    storage,
    clock = systemClock,
  } = options;
  let mutes = 0;

  const open: TransportFactory = (url, events) => {
    const [path, query = ''] = url.replace(/^ws/, 'http').split('?');
    const abortion = new platform.AbortController();
    const { signal } = abortion;
    const isPolling = mutes >= MUTES;
    const frames: string[] = [];
    /** The number of frames taken. */
    let taken = 0;
    /** As it is in the path. */
    let session = '';
    let acknowledged = '0';
    let isSending: boolean | undefined;
    let timer: unknown;
    platform.document?.addEventListener!('visibilitychange', look, { signal });
    look();
    return {
      name: isPolling ? 'poll' : 'stream',
      send(text) {
        frames.push(text);
        void flush();
      },
      close() {
        if (session && !signal.aborted) void ask(session, null);
        end();
      },
    };

    function isHidden(): boolean {
      return platform.document?.visibilityState === 'hidden';
    }

    /** Begins in a page that is seen, and ends in one that has not been seen for some time. */
    function look(): void {
      if (isHidden()) clock.set(() => isHidden() && over(), HIDDEN_MS);
      else if (!timer) {
        timer = clock.set(() => {
          mutes++;
          over();
        }, MUTE_MS);
        run().catch(() => over());
      }
    }

    /**
     * In a session it asks again while nothing is answered, or the gateway wants to be asked later.
     * @param body null: says goodbye.
     */
    async function ask(where: string, body: string | null = ''): Promise<HttpAnswer | undefined> {
      for (;;) {
        let answer: HttpAnswer | undefined;
        try {
          answer = await fetch!(`${path}/stream${where}`, {
            method: body === null ? 'DELETE' : 'POST',
            body,
            credentials,
            headers: headers(),
            keepalive: body === null,
            signal: body === null ? null : signal,
          });
        } catch {
          // It is asked again.
        }
        if (signal.aborted || !session || (answer && answer.status < TOO_MANY)) return answer;
        await new Promise<void>((resolve) => clock.set(resolve, RETRY_MS));
      }
    }

    function end(): void {
      clock.clear(timer);
      abortion.abort();
    }

    function over(code = 1006, reason = ''): void {
      if (signal.aborted) return;
      end();
      events.closed(code, reason);
    }

    function failed(status = 0): void {
      over({ 413: 1009, 429: 4429 }[status], `HTTP ${status}`);
    }

    /** Reads one answer, or one after another. */
    async function run(): Promise<void> {
      while (!signal.aborted) {
        const poll = isPolling ? `wait=${WAIT_S}&ack=${acknowledged}` : '';
        const answer = await ask(`${session}?${poll}&${query}`);
        if (answer?.status !== 200) return failed(answer?.status);
        const reader = answer.body!.getReader();
        const decoder = new platform.TextDecoder();
        let text = '';
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
          text = blocks.pop()!;
          blocks.forEach(take);
        }
        if (!isPolling) over();
      }
    }

    /** Takes an event, or a comment, which is answered: it asks whether somebody is there. */
    function take(block: string): void {
      clock.clear(timer);
      let name = '';
      const data: string[] = [];
      for (const line of block.split('\n')) {
        const [field, value = ''] = line.split(/: (.*)/s);
        if (field === 'data') data.push(value);
        else if (field === 'event') name = value;
        else if (field) acknowledged = value;
        else if (line) void flush(true);
      }
      const text = data.join('\n');
      if (signal.aborted || !text) return;
      if (name === 'close') {
        const { code, reason } = JSON.parse(text) as { code: number; reason: string };
        over(code, reason);
      } else if (name) session = `/${text}`;
      else events.frame(text);
    }

    /** Sends what waits, one request after another. @param isAsked whether one goes out in any case. */
    async function flush(isAsked?: boolean): Promise<void> {
      if (isSending || !session) return;
      isSending = true;
      while (!signal.aborted && (isAsked || frames.length)) {
        isAsked = false;
        let size = 0;
        const batch = frames.filter((frame, index) => (size += frame.length) < MOST || !index);
        const answer = await ask(`${session}?n=${taken}`, batch.join('\n'));
        if (answer?.status !== 204) failed(answer?.status);
        frames.splice(0, batch.length);
        taken += batch.length;
      }
      isSending = false;
    }
  };
  open.after = (first) => beside(first, open, clock, storage);
  return open;
}
