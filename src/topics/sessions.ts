import { Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { Session } from './session.js';
import { TopicSubscriptions } from './topic-subscriptions.js';

/** The sessions of all connections to topics, until the last callback of their end is done. */
@Injectable()
export class Sessions {
  private readonly byConnection = new Map<Connection, Session>();
  private ending = 0;
  private whenDrained: (() => void)[] = [];

  constructor(private readonly subscriptions: TopicSubscriptions) {}

  /** How many sessions there are, those that are ending not counted. */
  get count(): number {
    return this.byConnection.size;
  }

  begin(connection: Connection): void {
    this.byConnection.set(connection, new Session(connection));
  }

  of(connection: Connection): Session {
    return this.byConnection.get(connection)!;
  }

  end(connection: Connection): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    this.ending++;
    void this.subscriptions.endAll(session).finally(() => {
      this.ending--;
      this.checkDrained();
    });
  }

  /** Resolves when every session has ended and the app has been told. */
  async drained(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.whenDrained.push(resolve));
    this.checkDrained();
    await drained;
  }

  private checkDrained(): void {
    if (this.byConnection.size > 0 || this.ending > 0) return;
    for (const resolve of this.whenDrained.splice(0)) resolve();
  }
}
