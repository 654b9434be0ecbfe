import type { ServiceSecret } from '../service-secret.js';

/** What the path `/` calls. */
const ROOT = 'web_root';

/** What the URL of a request says. */
export interface RpcTarget {
  /** The path without the prefix of the endpoint and without the secret, with whatever comes behind the name. */
  readonly path: string;
  /** The name of a procedure, if there is one of that name. */
  readonly name: string;
  readonly hasSecret: boolean;
}

/**
 * What is called: the first component of the path below the prefix names it, behind the service secret if that is there.
 * A query belongs to the path.
 * @returns nothing when the URL is not below the prefix, or has the secret anywhere else: then nothing is served.
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
