import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { stackOf } from '../base/message-of.js';
import type { EventSource } from './operator-endpoint.js';

const logger = new Logger('Kittiwake');

/** A comment, so that neither proxies nor time limits take silence for the end. */
const SIGN_OF_LIFE = ': \n\n';
const SIGN_OF_LIFE_MS = 3_000;
/** A reader that takes nothing for so long is sent away. */
const STALLED_MS = 15_000;

/**
 * Sends events as they come, no faster than they are read, until the reader is gone or there are no more.
 * @param closing ends them, and the connection with them.
 */
export async function sendEvents(
  response: ServerResponse,
  events: EventSource,
  closing?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  response.once('close', () => over.abort());
  closing?.addEventListener('abort', () => over.abort(), { signal: over.signal });
  if (closing?.aborted) over.abort();
  response.setTimeout(STALLED_MS, () => response.destroy());
  const life = setInterval(() => response.writableNeedDrain || response.write(SIGN_OF_LIFE), SIGN_OF_LIFE_MS);
  try {
    for await (const event of events(over.signal))
      if (!response.write(event)) await once(response, 'drain', { signal: over.signal });
  } catch (error) {
    if (!over.signal.aborted) logger.error(stackOf(error));
  } finally {
    clearInterval(life);
    response.end(() => {
      if (closing?.aborted) response.req.socket.destroySoon();
    });
  }
}
