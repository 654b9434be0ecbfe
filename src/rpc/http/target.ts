import type { ServiceSecret } from '../service-secret.js';

/** The procedure that the path `/` calls. */
const ROOT = 'web_root';

/** The procedure that the URL of a request names. */
export interface RpcTarget {
  /** The path without the prefix of the endpoint and the secret, with everything after the name. */
  readonly path: string;
  /** Perhaps of no procedure that exists. */
  readonly name: string;
  readonly hasSecret: boolean;
}

/**
 * Reads the URL of a request: the first segment after the prefix, and after the service secret if that is there, names
 * the procedure. A query counts as part of the path.
 * @returns undefined when the URL is not below the prefix, or has the secret anywhere else: the request is refused.
 */
export function targetOf(url: string, prefix: string, secret: ServiceSecret): RpcTarget | undefined {
  if (!url.startsWith(`${prefix}/`)) return undefined;
  const whole = url.slice(prefix.length);
  const first = firstOf(whole);
  const hasSecret = secret.is(first);
  const path = hasSecret ? whole.slice(1 + first.length) || '/' : whole;
  return secret.isIn(path) ? undefined : { path, name: firstOf(path) || ROOT, hasSecret };
}

function firstOf(path: string): string {
  return path.slice(1).split('/', 1)[0]!;
}
