import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The wire form of a publication. Members besides these are filter fields.
 * @typedef {{ subscription: string, data: unknown, published_at?: string, options?: { order?: number, throttle?: number }, user_id?: string, idempotency_key?: string }} Publication
 */

const MAX_BATCH = 100;
const MAX_WAITING = 1000;
const TRY_TIMEOUT_MS = 5000;
const MAX_WAIT_MS = 5000;

/**
 * Hands publications to Kittiwake: `POST /publish`, one request at a time and in order, what gathers meanwhile in the
 * next one. Order matters here: a change to one book that overtook a change to another would make the gateway drop the
 * other as old. A gateway that cannot be reached is tried again; each publication has a key, so that one that has arrived
 * is not published twice.
 */
export class Publisher {
  /** @type {Publication[]} */
  #waiting = [];
  #isSending = false;
  #url;
  #apiKey;

  /** @param {string} kittiwakeUrl @param {string} apiKey */
  constructor(kittiwakeUrl, apiKey) {
    this.#url = new URL('publish', kittiwakeUrl.endsWith('/') ? kittiwakeUrl : `${kittiwakeUrl}/`);
    this.#apiKey = apiKey;
  }

  /** Returns at once and never throws: a gateway that is away must not keep the shop from selling. */
  publish(/** @type {Publication} */ publication) {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting.shift();
      console.error(
        `Kittiwake has been away for long: the oldest of ${MAX_WAITING} publications was dropped.`,
      );
    }
    const published_at = new Date().toISOString();
    this.#waiting.push({ ...publication, published_at, idempotency_key: randomUUID() });
    if (!this.#isSending) void this.#send();
  }

  async #send() {
    this.#isSending = true;
    let waitMs = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const failure = await this.#post(batch);
      if (failure === undefined) {
        waitMs = 0;
        continue;
      }
      if (waitMs === 0) console.error(`Kittiwake cannot be told of changes, trying until it can: ${failure}`);
      this.#waiting.unshift(...batch);
      waitMs = Math.min(MAX_WAIT_MS, waitMs * 2 || 250);
      await sleep(waitMs);
    }
    this.#isSending = false;
  }

  /** @param {Publication[]} batch @returns {Promise<string | undefined>} why it is worth another try. */
  async #post(batch) {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
      });
      const answer = await response.text();
      if (response.status === 429 || response.status >= 500) return `it answered ${response.status}`;
      // A publication that was refused is not tried again. If it was for want of the broker, all clients are made to
      // reconnect, and get the state, which has it.
      if (!response.ok) console.error(`Kittiwake refused publications with ${response.status}: ${answer}`);
      else if (refusals(answer).length > 0)
        console.error('Kittiwake refused publications:', refusals(answer));
      return undefined;
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    }
  }
}

/** @param {string} answer @returns {unknown[]} */
function refusals(answer) {
  const { results } = JSON.parse(answer);
  return results.filter((/** @type {{ status: string }} */ { status }) => status !== 'ok');
}
