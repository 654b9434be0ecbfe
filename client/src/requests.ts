import type { Clock } from './clock.js';
import { type ErrorCode, errorOf, KittiwakeError } from './errors.js';
import type { Frame } from './frame.js';
import type { SendOptions } from './options.js';
import { onAbort } from './platform.js';
import type { State } from './state.js';

/** An answer of the gateway: `more` says that further replies follow. */
export interface Reply {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
  readonly more?: unknown;
  readonly expires_in?: unknown;
  /** Of a kept call: its id, and how far it has come. */
  readonly call?: unknown;
  readonly position?: unknown;
}

/** The kind of a request. */
export interface RequestKind {
  /** False: it may not be sent yet. @throws what it is to be rejected with. */
  readonly isReady?: () => boolean;
  /** Hears of replies that others follow; from the first on there is no time limit. */
  readonly more?: (reply: Reply) => void;
  /** It can be cancelled at the gateway. */
  readonly isCall?: boolean;
}

/** The connection, as requests need it. */
interface Sender {
  readonly state: State;
  /** Whether a refusal for want of an identity may be undone yet. */
  readonly link: { readonly isProving?: boolean } | undefined;
  readonly clock: Clock;
  readonly timeoutMs: number;
  send(frame: Frame): void;
  hold(): () => void;
}

/** Calls and messages: they wait for the connection within limits, and say whether they were sent. */
export interface Requests {
  readonly counts: { readonly pending: number; readonly queued: number };
  nextId(): number;
  /** Asks the gateway once. Resolves with the last reply. @throws KittiwakeError, or the reason of the signal. */
  ask(frame: Frame, options?: SendOptions, kind?: RequestKind): Promise<Reply>;
  /** Sends what waits and may go. */
  flush(): void;
  /** @returns whether somebody has waited for this reply. */
  replied(reply: Reply): boolean;
  /** The connection is lost: what was sent has been done, or not. */
  lost(): void;
  /** Nothing comes any more: rejects what waits. */
  closed(error: KittiwakeError): void;
}

/** @param maxWaiting how many may wait for the connection. */
export function createRequests(connection: Sender, maxWaiting = 100): Requests {
  const { clock } = connection;
  /** Listeners to a reply, or to the news that none will come. */
  const sent = new Map<unknown, (reply?: Reply) => void>();
  /** Senders of requests, for when they may go; each is told why it never will. */
  const waiting = new Set<(closed?: KittiwakeError) => void>();
  let lastId = 0;

  const ask: Requests['ask'] = (
    frame,
    { signal, timeoutMs = connection.timeoutMs, wait, retry } = {},
    { isReady, more, isCall } = {},
  ) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let id = 0;
      const settle = (error: unknown, reply?: Reply): void => {
        clock.clear(timer);
        forget();
        sent.delete(id);
        waiting.delete(go);
        release();
        if (reply) resolve(reply);
        else reject(error);
      };
      const fail = (code: ErrorCode, cause?: KittiwakeError): void =>
        settle(new KittiwakeError(code, cause?.message, { sent: id > 0, cause }));
      const cancel = (): void => {
        if (isCall && sent.has(id)) connection.send({ event: 'cancel', id });
      };
      const again = (): void => {
        sent.delete(id);
        waiting.add(go);
      };
      const heard = (reply?: Reply): void => {
        if (!reply) {
          if (retry) again();
          else fail('connection_lost');
        } else if (reply.status !== 'ok') {
          const error = errorOf(reply);
          if (error.code === 'authentication_required' && connection.link?.isProving) again();
          else settle(error);
        } else if (reply.more) {
          clock.clear(timer);
          more?.(reply);
        } else settle(undefined, reply);
      };
      const go = (closed?: KittiwakeError): void => {
        if (closed) return fail(closed.code, closed);
        try {
          if (isReady?.() === false || connection.state !== 'live') return;
          waiting.delete(go);
          sent.set((id = ++lastId), heard);
          connection.send({ ...frame, id });
        } catch (error) {
          settle(error);
        }
      };
      const release = connection.hold();
      const forget = onAbort(signal, () => {
        cancel();
        settle(signal!.reason);
      });
      const late = (): void => {
        cancel();
        fail('timeout');
      };
      const timer = timeoutMs > 0 ? clock.set(late, timeoutMs) : undefined;
      waiting.add(go);
      go();
      if (!waiting.has(go)) return;
      if (wait === false) fail('not_connected');
      else if (waiting.size > maxWaiting) fail('queue_full');
    });

  return {
    ask,
    get counts() {
      return { pending: sent.size, queued: waiting.size };
    },
    nextId: () => ++lastId,
    flush() {
      for (const go of Array.from(waiting)) if (waiting.has(go)) go();
    },
    replied(reply) {
      const heard = sent.get(reply.id);
      heard?.(reply);
      return !!heard;
    },
    lost: () => sent.forEach((heard) => heard()),
    closed: (error) => waiting.forEach((go) => go(error)),
  };
}
