import type { PresenceBook, PresenceChange, PresencePage } from '../presence-book.js';
import { changesText, pageIn, type PresenceRequest } from './presence-frames.js';
import type { RelayedRequests } from './relayed-requests.js';

/** The members present, as another process of the machine keeps them, by a connection to it. */
export class RelayedPresenceBook implements PresenceBook {
  /** The other process takes out what a connection that ends has written. */
  readonly outlivesNodes = false;

  constructor(private readonly requests: RelayedRequests) {}

  async write(channel: string, changes: readonly PresenceChange[], max: number): Promise<number> {
    const request = { verb: 'write-presence', channel, max } as const;
    return pageIn(await this.requests.ask<PresenceRequest>(request, changesText(changes))).number;
  }

  async read(channel: string, max: number): Promise<PresencePage> {
    return pageIn(await this.requests.ask<PresenceRequest>({ verb: 'read-presence', channel, max }));
  }
}
