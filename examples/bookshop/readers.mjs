import { BOOKS_TOPIC } from './topics.mjs';

const TIMEOUT_MS = 5000;

/** Who is here: Kittiwake knows it, whichever node they are on, and whatever happens to it or to this app. */
export class Readers {
  #url;
  #apiKey;

  /** @param {string} kittiwakeUrl @param {string} apiKey */
  constructor(kittiwakeUrl, apiKey) {
    this.#url = new URL('presence', kittiwakeUrl.endsWith('/') ? kittiwakeUrl : `${kittiwakeUrl}/`);
    this.#url.searchParams.set('subscription', BOOKS_TOPIC);
    this.#apiKey = apiKey;
  }

  /** People, not sessions: two tabs of one person are one reader. @returns {Promise<unknown>} */
  async list() {
    const response = await fetch(this.#url, {
      headers: { authorization: `Bearer ${this.#apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`Kittiwake answered with status ${response.status}.`);
    return response.json();
  }
}
