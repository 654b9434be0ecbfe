import { Injectable } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Closable } from '../base/lifetime.js';
import type { EventSource } from '../endpoints/operator-endpoint.js';
import { sendEvents } from '../endpoints/send-events.js';

/** The event streams of operators on the port of the app, which does not close before they have ended. */
@Injectable()
export class AppStreams implements Closable {
  private readonly closing = new AbortController();

  constructor() {
    setMaxListeners(0, this.closing.signal); // one for each stream
  }

  /** As {@link sendEvents}, until the gateway closes. */
  send(response: ServerResponse, events: EventSource): Promise<void> {
    return sendEvents(response, events, this.closing.signal);
  }

  close(): void {
    this.closing.abort();
  }
}
