import { Logger } from '@nestjs/common';
import { JwtAuthenticator } from '../../auth/jwt/jwt.authenticator.js';
import { messageOf } from '../../base/message-of.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { JsonError, valueOf } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';

/** The content of a token, and whether a configuration accepts it. */
export interface TokenReport {
  readonly header?: unknown;
  readonly claims?: unknown;
  readonly accepted: boolean;
  /** The reason why it is not accepted. */
  readonly reason?: string;
  /** The identity of its bearer. */
  readonly identity?: Readonly<Record<string, unknown>>;
  /** The end of its validity, as ISO 8601. */
  readonly expires?: string;
}

/** Decodes and verifies a token. Published keys are fetched. */
export async function inspectToken(token: string, jwt: JwtSettings | undefined): Promise<TokenReport> {
  const [header, claims] = token.split('.').map(decoded);
  const said = { ...(header && { header: header.value }), ...(claims && { claims: claims.value }) };
  if (!jwt) return { ...said, accepted: false, reason: 'the configuration has no section auth.jwt' };
  Logger.overrideLogger(false); // the reason is in the report
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
