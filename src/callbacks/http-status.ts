/** The app knows the client, or the client has not shown who it is: it may not. */
export function isForbidden(status: number): boolean {
  return status === 401 || status === 403;
}

/** The same request may be answered otherwise later: the app stumbles, was too slow, or is asked too often. */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
