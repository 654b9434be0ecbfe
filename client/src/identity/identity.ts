import { backOffMs } from '../back-off.js';
import type { Clock } from '../clock.js';
import { createCredentials, type Credential } from './credentials.js';
import { KittiwakeError } from '../errors.js';
import type { Link } from '../link.js';
import type { AuthContext, Options } from '../options.js';
import type { Reply, Requests } from '../requests.js';
import type { Reason, State } from '../state.js';

/** The connection on which it is proven. */
interface Prover {
  readonly clock: Clock;
  readonly state: State;
  readonly link: Link | undefined;
  readonly timeoutMs: number;
  /** A function that does nothing once the connection is another. */
  here<A extends unknown[]>(this: void, task: (...args: A) => void): (...args: A) => void;
  /** It is known what is to be proven. */
  ready(): void;
  /** The gateway knows. */
  identified(): void;
  open(reason: Reason): void;
  lose(reason: Reason, told: { text: string }): void;
  close(error: KittiwakeError, reason: Reason): void;
}

/** Tells the gateway who the client is: on each connection, before it ends, and when the user asks for it. */
export interface Identity {
  /** Asks the app for what is to be proven, while the transport opens. */
  begin(): void;
  /** The first thing that is said on a connection. */
  prove(): void;
  /** The gateway has ended the connection for it. */
  expired(): void;
  /** The connection is gone. */
  dropped(): void;
  /** Nobody waits for the app any more. */
  abort(): void;
  /** @throws KittiwakeError when it is refused: who the client was before, it still is. */
  again(): Promise<void>;
}

export function createIdentity(connection: Prover, requests: Requests, auth: Options['auth']): Identity {
  /** The part of its time for which a token is used. */
  const USED = 0.8;
  /** The longest that a timer may wait. */
  const MAX_TIMER_MS = 2 ** 31 - 1;
  const { clock, here } = connection;
  const credentials = createCredentials(auth, clock, connection.timeoutMs);
  let why: AuthContext['reason'] = 'connect';
  /** A token may be used for the next connection as well. */
  let kept: Credential = null;
  let keptUntilMs = 0;
  let timer: unknown;
  let tries = 0;

  /** Asks the app; without it there is no connection, unless that is said otherwise. */
  const get = (
    reason: AuthContext['reason'],
    got: (given: Credential) => void,
    failed = (error: unknown): void => {
      if (error instanceof KittiwakeError && !error.temporary) connection.close(error, 'refused');
      else connection.lose('auth', { text: String(error) });
    },
  ): void => {
    credentials.get(reason).then(
      here((given) => {
        kept = given;
        keptUntilMs = Infinity;
        got(given);
      }),
      here(failed),
    );
  };

  const say = async (given: Credential): Promise<void> => {
    const adopt = here(({ expires_in: expiresInS }: Reply) => {
      connection.link!.credential = given;
      tries = 0;
      if (typeof expiresInS === 'number') {
        const usedMs = expiresInS * 1000 * USED;
        keptUntilMs = clock.now() + usedMs;
        later(Math.min(usedMs, MAX_TIMER_MS), 'expiring');
      }
      identified();
    });
    adopt(await requests.ask({ event: 'auth', ...given }, { timeoutMs: 0 }));
  };

  const identified = (): void => {
    connection.link!.isProving = false;
    connection.identified();
  };

  const use = (given: Credential, isLast?: boolean): void => {
    if (!given) return identified();
    say(given).catch(
      here((error: KittiwakeError) => {
        kept = null;
        if (error.temporary) retry('connect');
        else if (isLast) connection.close(error, 'refused');
        else get('refused', (other) => use(other, true)); // If the app knows nobody now, that is who it is.
      }),
    );
  };

  /** Gets another one, in time; as long as the app has none, the connection lives as long as it may. */
  const later = (ms: number, reason: AuthContext['reason']): void => {
    clock.clear(timer);
    timer = clock.set(() => get(reason, use, () => retry(reason)), ms);
  };

  const retry = (reason: AuthContext['reason']): void =>
    later(backOffMs(clock, tries++, { baseMs: 1000 }), reason);

  return {
    begin() {
      const begun = (given: Credential): void => {
        why = 'connect';
        connection.link!.credential = given;
        connection.ready();
      };
      if (kept?.['method'] === 'jwt' && why === 'connect' && clock.now() < keptUntilMs) begun(kept);
      else get(why, begun);
    },
    prove() {
      const { link } = connection;
      if (!link?.credential) return;
      link.isProving = true;
      use(link.credential);
    },
    expired() {
      kept = null;
      why = 'expiring';
    },
    dropped: () => clock.clear(timer),
    abort: () => credentials.abort(),
    async again() {
      const { link, state } = connection;
      kept = null;
      credentials.abort(); // An answer from before does not count.
      if (state === 'connecting') connection.open((why = 'asked'));
      if (state !== 'live') return;
      const given = await credentials.get('asked');
      if (link !== connection.link) return;
      if (given) await say(given);
      else if (link?.credential) connection.open('asked');
    },
  };
}
