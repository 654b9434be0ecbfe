import { Logger } from '@nestjs/common';
import { JwtAuthenticator } from '../../auth/jwt.authenticator.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { JsonError, valueOf } from '../../protocol/json/json.js';
import { messageOf } from '../../base/message-of.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';

/** What a token says, and whether a configuration accepts it. */
export interface TokenReport {
  readonly header?: unknown;
  readonly claims?: unknown;
  readonly accepted: boolean;
  /** Why it is not accepted. */
  readonly reason?: string;
  /** Who its bearer is. */
  readonly identity?: Readonly<Record<string, unknown>>;
  /** Until when it is accepted. */
  readonly expires?: string;
}

/** Looks at a token. Keys that are published are fetched. */
export async function inspectToken(token: string, jwt: JwtSettings | undefined): Promise<TokenReport> {
  const [header, claims] = token.split('.').map(decoded);
  const said = { ...(header && { header: header.value }), ...(claims && { claims: claims.value }) };
  if (!jwt) return { ...said, accepted: false, reason: 'the configuration has no section auth.jwt' };
  Logger.overrideLogger(false); // what it has to say is told here
  try {
    const { identity, expiresAtMs } = await new JwtAuthenticator(jwt).identify(token);
    const fields = [...identity].map(([name, value]) => [name, valueOf(value)] as const);
    return {
      ...said,
      accepted: true,
      identity: Object.fromEntries(fields),
      ...(expiresAtMs !== undefined && { expires: new Date(expiresAtMs).toISOString() }),
    };
  } catch (error) {
    const { cause } = error as Error;
    return { ...said, accepted: false, reason: messageOf(cause ?? error) };
  }
}

function decoded(part: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseRichJson(Buffer.from(part, 'base64url').toString(), { bytes: false }) };
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
