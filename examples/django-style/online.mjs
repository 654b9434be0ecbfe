/**
 * Who is here: the people whose pages are connected. Kittiwake says when a page has come and when it has gone, also for a
 * Kittiwake that was killed before it could: then the next one does.
 */
export class Online {
  /** Names, by the ids of pages. @type {Map<string, string>} */
  #pages = new Map();
  #told = '[]';
  #onChange;

  /** @param {(names: string[]) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {string} pageId @param {string} name */
  came(pageId, name) {
    this.#pages.set(pageId, name);
    this.#tell();
  }

  /** @param {string} pageId */
  left(pageId) {
    this.#pages.delete(pageId);
    this.#tell();
  }

  /** Names, each once, in alphabetical order. */
  list() {
    return [...new Set(this.#pages.values())].toSorted();
  }

  #tell() {
    const names = this.list();
    if (JSON.stringify(names) === this.#told) return;
    this.#told = JSON.stringify(names);
    this.#onChange(names);
  }
}
