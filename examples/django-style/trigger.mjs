const TIMEOUT_MS = 5000;

/** Triggers that were begun: one at a time, so that none overtakes another. */
let last = Promise.resolve();

/**
 * Sends data to everybody in the rooms, whichever gateway they are connected to. It never throws: what the desk does for
 * its customers must not fail because nobody can be told of it at once. A trigger is delivered at most once; pages that
 * come later read the state over HTTP.
 *
 * An app with RabbitMQ would publish the same JSON there instead, on the configured exchange and with the routing key
 * `*`: `channel.publish('hightemplar', '*', Buffer.from(body))` with amqplib, `basic_publish(exchange='hightemplar',
 * routing_key='*', body=body)` with Python's pika.
 * @param {import('./settings.mjs').Settings} settings
 * @param {import('./rooms.mjs').Room[]} rooms
 * @param {unknown} data
 * @returns {Promise<void>}
 */
export function trigger(settings, rooms, data) {
  last = last.then(() => post(settings, JSON.stringify({ rooms, data })));
  return last;
}

/** @param {import('./settings.mjs').Settings} settings @param {string} body */
async function post({ kittiwakeUrl, apiKey }, body) {
  try {
    const response = await fetch(new URL('/trigger', kittiwakeUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) console.error(`Kittiwake answered ${response.status}: ${await response.text()}`);
  } catch (error) {
    console.error('Kittiwake cannot be reached:', error instanceof Error ? error.message : error);
  }
}
