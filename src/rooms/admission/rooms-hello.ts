import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import { PingSettings } from '../../config/sections/ping.settings.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { Hello } from '../../protocol/hello.js';

/** The members of the first frame of clients of rooms, besides the rooms. */
@Injectable()
export class RoomsHello extends Hello {
  constructor(ping: PingSettings, limits: LimitsSettings, rooms: RoomsSettings) {
    super({
      periodsMs: { ping_period: ping.intervalMs, idle: rooms.idleMs },
      limits: {
        frame_bytes: limits.frameBytes,
        outbox_bytes: limits.outboxBytes,
        events_per_second: limits.eventsPerSecond,
        subscriptions: limits.subscriptionsPerSession,
      },
      features: [
        'immediate-ping',
        'report-drops',
        ...(rooms.history ? ['recover'] : []),
        ...(rooms.presence ? ['presence'] : []),
      ],
    });
  }
}
