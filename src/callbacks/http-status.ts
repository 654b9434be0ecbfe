/** Whether a status denies access: the client is not authenticated (401), or not allowed (403). */
export function isForbidden(status: number): boolean {
  return status === 401 || status === 403;
}

/** Whether a later try may succeed: the app failed (5xx), was too slow (408) or gets too many requests (429). */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
