import type { Disagreement } from './kinds/setting.decorator.js';
import { signingBytesOf } from './kinds/text-format.js';
import type { AuthSettings } from './sections/auth/auth.settings.js';
import type { CallbacksSettings } from './sections/callbacks.settings.js';
import type { ProceduresSettings } from './sections/procedures/procedures.settings.js';
import type { ServerSettings } from './sections/server.settings.js';

/** The size of a SHA-256 hash, the least for HS256 (RFC 7518 section 3.2). */
const MIN_TOKEN_SECRET_BYTES = 32;
/** The least of Standard Webhooks. */
const MIN_SIGNING_SECRET_BYTES = 24;
const MIN_SERVICE_SECRET_CHARACTERS = 16;
const CURE = 'such as openssl rand -hex 32 makes; allowWeakSecrets: true takes shorter ones';
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1|\[::1\])$/i;

interface Secrets {
  readonly allowWeakSecrets: boolean;
  readonly auth: AuthSettings;
  readonly callbacks: CallbacksSettings;
  readonly procedures?: ProceduresSettings;
  readonly server: ServerSettings;
}

/** Refuses a short secret: a client with one token could guess it offline, and then sign tokens for anyone. */
export function tokenSecretIsStrong({ allowWeakSecrets, auth }: Secrets): Disagreement | undefined {
  const bytes = Buffer.byteLength(auth.jwt?.secret ?? '');
  if (allowWeakSecrets || auth.jwt?.secret === undefined || bytes >= MIN_TOKEN_SECRET_BYTES) return undefined;
  const expected = `at least ${MIN_TOKEN_SECRET_BYTES}, ${CURE}`;
  return { key: 'auth.jwt.secret', found: `${bytes} bytes`, expected };
}

/** Refuses a short secret: its holder may call every procedure and run the gateway. */
export function serviceSecretIsStrong({ allowWeakSecrets, procedures }: Secrets): Disagreement | undefined {
  const { secret } = procedures ?? {};
  if (allowWeakSecrets || secret === undefined || secret.length >= MIN_SERVICE_SECRET_CHARACTERS)
    return undefined;
  const expected = `at least ${MIN_SERVICE_SECRET_CHARACTERS}, ${CURE}`;
  return { key: 'procedures.secret', found: `${secret.length} characters`, expected };
}

/** Refuses a short secret: whoever has seen one callback could guess it offline, and then pass for the gateway. */
export function signingSecretsAreStrong({ allowWeakSecrets, callbacks }: Secrets): Disagreement | undefined {
  const lengths = callbacks.signingSecrets.map((secret) => signingBytesOf(secret).length);
  const bytes = lengths.find((length) => length < MIN_SIGNING_SECRET_BYTES);
  if (allowWeakSecrets || bytes === undefined) return undefined;
  const expected = `at least ${MIN_SIGNING_SECRET_BYTES} each, such as kittiwake key --signing makes; allowWeakSecrets: true takes shorter ones`;
  return { key: 'callbacks.signingSecrets', found: `${bytes} bytes`, expected };
}

/** Refuses the mock token, which is publicly known, where other machines can connect. */
export function mockTokenStaysAtHome({ procedures, server }: Secrets): Disagreement | undefined {
  if (!procedures?.mockToken || LOOPBACK.test(server.host)) return undefined;
  return {
    key: 'procedures.mockToken',
    found: `true, with server.host ${server.host}`,
    expected: 'false, or server.host 127.0.0.1: anyone who can connect could call everything',
  };
}
