/**
 * Whether a handshake may come from where its `Origin` says. Only browsers send one, so its absence is no objection.
 * Without a list of allowed origins, the origin's host and port must be those that the request is for.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes('*')) return true;
  if (allowed.length > 0) return allowed.some((one) => one.toLowerCase() === origin.toLowerCase());
  return host !== undefined && hostOf(origin) === host.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
