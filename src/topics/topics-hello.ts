import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Hello } from '../protocol/hello.js';

/** The first frame of clients of topics. */
@Injectable()
export class TopicsHello extends Hello {
  constructor({ ping, auth, limits, procedures, rooms }: Settings) {
    super({
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
      features: [
        'batch-subscribe',
        'immediate-ping',
        'report-drops',
        'recover',
        'presence',
        ...(procedures ? ['procedures'] : []),
        ...(rooms ? ['rooms'] : []),
      ],
    });
  }
}
