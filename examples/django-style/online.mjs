/** Three times what a page waits between two pings (public/rooms-socket.js). */
const FORGET_AFTER_MS = 30_000;
const SWEEP_MS = 5000;

/**
 * Who is here: the people whose pages are connected. Kittiwake says when a page comes, pings and goes. Should it be killed
 * before it can say so, pings stop and the page is forgotten.
 */
export class Online {
  /** @type {Map<string, { name: string, seenAtMs: number }>} */
  #pages = new Map();
  #told = '[]';
  #onChange;

  /** @param {(names: string[]) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {string} pageId @param {string} name */
  seen(pageId, name) {
    this.#pages.set(pageId, { name, seenAtMs: Date.now() });
    this.#tell();
  }

  /** @param {string} pageId */
  left(pageId) {
    this.#pages.delete(pageId);
    this.#tell();
  }

  /** Names, each once, in alphabetical order. */
  list() {
    return [...new Set([...this.#pages.values()].map(({ name }) => name))].toSorted();
  }

  /** Forgets, from now on, pages that are not heard of any more. */
  startSweeping() {
    setInterval(() => {
      const deadlineMs = Date.now() - FORGET_AFTER_MS;
      for (const [id, { seenAtMs }] of this.#pages) if (seenAtMs < deadlineMs) this.#pages.delete(id);
      this.#tell();
    }, SWEEP_MS).unref();
  }

  #tell() {
    const names = this.list();
    if (JSON.stringify(names) === this.#told) return;
    this.#told = JSON.stringify(names);
    this.#onChange(names);
  }
}
