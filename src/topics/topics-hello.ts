import type { Settings } from '../config/settings.js';
import { Hello } from '../protocol/hello.js';

/** The first frame of clients of topics. */
export function topicsHello({ ping, auth, limits, procedures }: Settings): Hello {
  return new Hello({
    periodsMs: { ping_period: ping.intervalMs, auth_deadline: auth.deadlineMs, idle: limits.idleMs },
    limits: {
      frame_bytes: limits.frameBytes,
      outbox_bytes: limits.outboxBytes,
      events_per_second: limits.eventsPerSecond,
      topic_bytes: limits.topicBytes,
      subscriptions: limits.subscriptionsPerSession,
      subscriptions_per_event: limits.subscriptionsPerEvent,
      calls: procedures?.callsPerConnection ?? 0,
    },
    features: ['batch-subscribe', 'immediate-ping', 'report-drops', ...(procedures ? ['procedures'] : [])],
  });
}
