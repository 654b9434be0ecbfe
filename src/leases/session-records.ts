/** The keys of a session's records, the latest first. */
export type SessionKeys = readonly string[];

/** Sorts keys of records by session, each with its latest first. */
export function bySession(keys: readonly string[]): SessionKeys[] {
  const sessions = new Map<string, string[]>();
  for (const key of keys) {
    const session = key.slice(0, Math.max(key.lastIndexOf('/'), 0));
    const others = sessions.get(session);
    if (others) others.push(key);
    else sessions.set(session, [key]);
  }
  return [...sessions.values()].map((own) => own.toSorted((a, b) => numberOf(b) - numberOf(a)));
}

function numberOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1)) || 0;
}

/** Sessions that together have about so many records, taken from the front of a list. */
export function takeSome(sessions: SessionKeys[], records: number): SessionKeys[] {
  let [count, taken] = [0, 0];
  while (taken < sessions.length && count < records) count += sessions[taken++]!.length;
  return sessions.splice(0, taken);
}
