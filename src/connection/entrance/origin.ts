/** Labels of a host name: without characters that end a host or begin another one (`/`, `:`, `@`, `?`, `#`). */
const LABELS = /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/;

/**
 * Whether a handshake may come from its `Origin`. Only browsers send one, so its absence is no objection.
 * In an allowed one `*.` stands for one label of a host or more. Without a list of allowed origins, the origin's host and
 * port must be those that the request is for; the default port of its scheme may be left out.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes('*')) return true;
  if (allowed.length > 0) return allowed.some((one) => isOf(origin.toLowerCase(), one.toLowerCase()));
  return host !== undefined && isOfHost(origin.toLowerCase(), host.toLowerCase());
}

function isOfHost(origin: string, host: string): boolean {
  const [, scheme, own] = /^([a-z][a-z0-9+.-]*):\/\/([^/]+)$/.exec(origin) ?? [];
  const port = scheme === 'https' ? ':443' : scheme === 'http' ? ':80' : undefined;
  if (own === undefined) return false;
  return without(port, own) === without(port, host);
}

function without(port: string | undefined, host: string): string {
  return port !== undefined && host.endsWith(port) ? host.slice(0, -port.length) : host;
}

function isOf(origin: string, allowed: string): boolean {
  const star = allowed.indexOf('*.');
  if (star < 0) return origin === allowed;
  const [before, after] = [allowed.slice(0, star), allowed.slice(star + 1)];
  if (!origin.startsWith(before) || !origin.endsWith(after)) return false;
  return LABELS.test(origin.slice(before.length, -after.length));
}
