import { Injectable } from '@nestjs/common';
import { Drain } from '../base/drain.js';
import type { Draining } from '../base/lifetime.js';
import type { Connection } from '../connection/connection.js';
import { Session } from './session.js';
import { TopicSubscriptions } from './topic-subscriptions.js';

/** The sessions of all connections to topics, until the last callback of their end is done. */
@Injectable()
export class Sessions implements Draining {
  private readonly byConnection = new Map<Connection, Session>();
  private readonly drain = new Drain();

  constructor(private readonly subscriptions: TopicSubscriptions) {}

  /** How many sessions there are, those that are ending not counted. */
  get count(): number {
    return this.byConnection.size;
  }

  begin(connection: Connection): void {
    this.drain.begin();
    this.byConnection.set(connection, new Session(connection));
  }

  of(connection: Connection): Session {
    return this.byConnection.get(connection)!;
  }

  end(connection: Connection): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    void this.subscriptions.endAll(session).finally(() => this.drain.end());
  }

  /** Resolves when every session has ended and the app has been told. */
  drained(): Promise<void> {
    return this.drain.drained();
  }
}
