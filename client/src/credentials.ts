import type { Clock } from './clock.js';
import { KittiwakeError } from './errors.js';
import type { Auth, AuthContext } from './options.js';
import { platform } from './platform.js';

/** The members of an `auth` event, or nothing where nobody is logged in. */
export type Credential = { readonly method: string } | null;

/** The part of its time for which a token is used. */
const USED = 0.8;

/** Asks the app for tokens and tickets: one question at a time, whoever wants to know. */
export class Credentials {
  #kept: Credential | undefined;
  #keptUntilMs = Infinity;
  #asking: Promise<Credential> | undefined;
  #abort: (() => void) | undefined;

  constructor(
    readonly auth: Auth | undefined,
    readonly clock: Clock,
    readonly timeoutMs: number,
  ) {}

  /** @throws what the provider throws, or `timeout`. */
  get(reason: AuthContext['reason']): Promise<Credential> {
    if (!this.auth) return Promise.resolve(null);
    if (this.#kept && reason === 'connect' && this.clock.now() < this.#keptUntilMs)
      return Promise.resolve(this.#kept);
    this.#asking ??= this.#ask(this.auth, reason).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** The gateway has taken it. @returns when to get another, in milliseconds from now, if ever. */
  taken(expiresInS: unknown): number | undefined {
    if (typeof expiresInS !== 'number') return undefined;
    const usedMs = expiresInS * 1000 * USED;
    this.#keptUntilMs = this.clock.now() + usedMs;
    return Math.min(usedMs, 2 ** 31 - 1);
  }

  /** The last one is no good any more. */
  drop(): void {
    this.#kept = undefined;
  }

  /** Nobody waits for the provider any more. */
  abort(): void {
    this.#abort?.();
  }

  async #ask(auth: Auth, reason: AuthContext['reason']): Promise<Credential> {
    const controller = new platform.AbortController();
    let timer: unknown;
    const given = new Promise<never>((_, reject) => {
      this.#abort = () => {
        controller.abort();
        reject(new KittiwakeError('timeout', 'no credentials in time'));
      };
      timer = this.clock.set(this.#abort, this.timeoutMs);
    });
    try {
      const context = { reason, signal: controller.signal };
      const asked = async (): Promise<Credential> => {
        if ('token' in auth) return (this.#kept = named('jwt', 'token', await auth.token(context)));
        return named('ticket', 'ticket', await auth.ticket(context));
      };
      this.#keptUntilMs = Infinity;
      return await Promise.race([asked(), given]);
    } finally {
      this.clock.clear(timer);
      this.#abort = undefined;
    }
  }
}

const named = (method: string, member: string, value: unknown): Credential =>
  value === null || value === undefined ? null : { method, [member]: value };
