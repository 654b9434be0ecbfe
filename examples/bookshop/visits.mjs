const MAX_VISITS = 10_000;

/** How many changes each session has made while it was subscribed. */
export class Visits {
  /** @type {Map<string, number>} */
  #changes = new Map();

  /** @param {string} sessionId */
  countChange(sessionId) {
    this.#changes.set(sessionId, this.changesOf(sessionId) + 1);
    const [oldest] = this.#changes.keys();
    if (this.#changes.size > MAX_VISITS && oldest !== undefined) this.#changes.delete(oldest);
  }

  /** @param {string} sessionId */
  changesOf(sessionId) {
    return this.#changes.get(sessionId) ?? 0;
  }

  /** @param {string} sessionId */
  ended(sessionId) {
    this.#changes.delete(sessionId);
  }
}
