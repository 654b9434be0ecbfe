import type { Settings } from '../config/settings.js';
import { Hello } from '../protocol/hello.js';

/** What the first frame of clients of rooms has besides the rooms. */
export function roomsHello({ ping, limits, rooms }: Settings): Hello {
  return new Hello({
    periodsMs: { ping_period: ping.intervalMs, idle: rooms?.idleMs ?? 0 },
    limits: {
      frame_bytes: limits.frameBytes,
      outbox_bytes: limits.outboxBytes,
      events_per_second: limits.eventsPerSecond,
      subscriptions: limits.subscriptionsPerSession,
    },
    features: ['immediate-ping', 'report-drops'],
  });
}
