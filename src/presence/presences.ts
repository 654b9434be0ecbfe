import { Inject, Injectable } from '@nestjs/common';
import type { Startable, Stoppable } from '../base/lifetime.js';
import { BROKER, type Broker } from '../broker/broker.js';
import type { PresencePage } from '../broker/presence-book.js';
import type { Connection } from '../connection/connection.js';
import { Hub } from '../delivery/hub.js';
import { Leases } from '../leases/leases.js';
import { Attendance } from './attendance.js';
import { PresenceChannel, type PresenceMeans } from './presence-channel.js';
import type { PresencePlace } from './presence-place.js';

const CHECK_MS = 5_000;
/** Places that are looked at together. */
const CHECKED_AT_ONCE = 500;

/** The presence in all places, as far as this node has a part in them. */
@Injectable()
export class Presences implements Startable, Stoppable {
  private readonly channels = new Map<string, PresenceChannel>();
  private readonly means: PresenceMeans;
  private checking: NodeJS.Timeout | undefined;
  private isChecking = false;

  constructor(@Inject(BROKER) broker: Broker, hub: Hub, leases: Leases) {
    this.means = { book: broker.presence, hub, leases };
  }

  start(): void {
    this.checking = setInterval(() => void this.check(), CHECK_MS).unref();
  }

  /** Leaves to others what clients of this node have made present. */
  stop(): void {
    clearInterval(this.checking);
    for (const channel of this.channels.values()) channel.stop();
    this.channels.clear();
  }

  /** A client that has come to a place. @param head what its frames about it begin with: a JSON object without its end. */
  attend(connection: Connection, place: PresencePlace, head: string): Attendance {
    return new Attendance(connection, { ...place, head }, (at) => this.channelOf(at));
  }

  /** The members present in a place. @param max the most members to give. @throws {BrokerError} */
  read({ channel }: Pick<PresencePlace, 'channel'>, max: number): Promise<PresencePage> {
    return this.means.book.read(channel, max);
  }

  private channelOf(place: PresencePlace): PresenceChannel {
    const known = this.channels.get(place.channel);
    if (known) return known;
    const channel: PresenceChannel = new PresenceChannel(place, this.means, () => {
      if (this.channels.get(place.channel) === channel) this.channels.delete(place.channel);
      channel.stop();
    });
    this.channels.set(place.channel, channel);
    return channel;
  }

  private async check(): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    const channels = [...this.channels.values()];
    for (let at = 0; at < channels.length; at += CHECKED_AT_ONCE) {
      // What cannot be asked now is asked the next time.
      await Promise.allSettled(channels.slice(at, at + CHECKED_AT_ONCE).map((channel) => channel.check()));
    }
    this.isChecking = false;
  }
}
