/** Must equal `heartbeatPeriod` of the service `books` in kittiwake.yaml. */
const HEARTBEAT_PERIOD_MS = 5000;
/** A list is sent to everybody who is on it: past this many, the rest is only counted. */
const MAX_LISTED = 50;

/**
 * Fields of a callback that say whose session it is about.
 * @typedef {{ session_id: string, user_id: string, name: string, role: string }} Session
 */

/**
 * Who is here: the sessions that are subscribed to the books. Kittiwake tells when one comes and goes; should it be
 * killed before it can, heartbeats stop and the sweep removes them. Should this app restart, heartbeats fill the list.
 */
export class Readers {
  /** @type {Map<string, Session & { changes: number, seenAtMs: number }>} */
  #sessions = new Map();
  // See Books: a restarted app must not count from the start.
  #version = Date.now();
  #onChange;

  /** @param {(list: ReturnType<Readers['list']>) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Notes that a session is subscribed. @param {Session} session */
  seen({ session_id, user_id, name, role }) {
    const known = this.#sessions.get(session_id);
    this.#sessions.set(session_id, {
      session_id,
      user_id,
      name,
      role,
      changes: known?.changes ?? 0,
      seenAtMs: Date.now(),
    });
    if (known?.name !== name || known.role !== role) this.#changed();
  }

  /** Notes that a session is no longer subscribed. @param {string} sessionId */
  left(sessionId) {
    if (this.#sessions.delete(sessionId)) this.#changed();
  }

  /** @param {string} sessionId */
  countChange(sessionId) {
    const session = this.#sessions.get(sessionId);
    if (session) session.changes += 1;
  }

  /** How many changes a session made while it was subscribed. @param {string} sessionId */
  changesOf(sessionId) {
    return this.#sessions.get(sessionId)?.changes ?? 0;
  }

  /** People, not sessions: two tabs of one person are one reader. */
  list() {
    /** @type {Map<string, { id: string, name: string, role: string, sessions: number }>} */
    const people = new Map();
    for (const { user_id: id, name, role } of this.#sessions.values()) {
      people.set(id, { id, name, role, sessions: (people.get(id)?.sessions ?? 0) + 1 });
    }
    return { version: this.#version, readers: [...people.values()].slice(0, MAX_LISTED), total: people.size };
  }

  /** Removes, from now on, sessions without a heartbeat for three periods. */
  startSweeping() {
    setInterval(() => this.#sweep(Date.now() - 3 * HEARTBEAT_PERIOD_MS), HEARTBEAT_PERIOD_MS).unref();
  }

  /** @param {number} deadlineMs */
  #sweep(deadlineMs) {
    const before = this.#sessions.size;
    for (const [sessionId, { seenAtMs }] of this.#sessions) {
      if (seenAtMs < deadlineMs) this.#sessions.delete(sessionId);
    }
    if (this.#sessions.size !== before) this.#changed();
  }

  #changed() {
    this.#version += 1;
    this.#onChange(this.list());
  }
}
