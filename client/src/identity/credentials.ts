import type { Clock } from '../clock.js';
import { KittiwakeError } from '../errors.js';
import type { Auth, AuthContext } from '../options.js';
import { awaited, platform } from '../platform.js';

/** The members of an `auth` event, or nothing where nobody is logged in. */
export type Credential = { readonly [member: string]: unknown } | null;

/** Asks the app for tokens and tickets: one question at a time, whoever wants to know. */
export interface Credentials {
  /** @throws what the provider throws, or `timeout`. */
  get(reason: AuthContext['reason']): Promise<Credential>;
  /** Nobody waits for the provider any more: the next question is a new one. */
  abort(): void;
}

export function createCredentials(auth: Auth | undefined, clock: Clock, timeoutMs: number): Credentials {
  let asked: Promise<Credential> | undefined;
  let abort: (() => void) | undefined;

  const ask = async (reason: AuthContext['reason']): Promise<Credential> => {
    const controller = new platform.AbortController();
    const { signal } = controller;
    const stop = (): void => controller.abort(new KittiwakeError('timeout'));
    const timer = clock.set(stop, timeoutMs);
    abort = stop;
    try {
      return await awaited(
        () => () => {},
        (resolve, reject) => void credentialOf(auth, { reason, signal }).then(resolve, reject),
        signal,
      );
    } finally {
      clock.clear(timer);
      if (abort === stop) asked = abort = undefined;
    }
  };

  return {
    get: (reason) => (asked ??= ask(reason)),
    abort() {
      abort?.();
      asked = undefined;
    },
  };
}

async function credentialOf(auth: Auth | undefined, context: AuthContext): Promise<Credential> {
  if (!auth) return null;
  const isToken = 'token' in auth;
  const value = isToken ? await auth.token(context) : await auth.ticket(context);
  return value === null || value === undefined
    ? null
    : { method: isToken ? 'jwt' : 'ticket', [isToken ? 'token' : 'ticket']: value };
}
