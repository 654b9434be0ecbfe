import { Injectable } from '@nestjs/common';
import { isConfigured } from '../config/configured.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import { PingSettings } from '../config/sections/ping.settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { Hello } from '../protocol/hello.js';

/** The first frame of clients of topics. */
@Injectable()
export class TopicsHello extends Hello {
  constructor(
    ping: PingSettings,
    auth: AuthSettings,
    limits: LimitsSettings,
    procedures: ProceduresSettings,
  ) {
    const hasProcedures = isConfigured(procedures);
    super({
      periodsMs: { ping_period: ping.intervalMs, auth_deadline: auth.deadlineMs, idle: limits.idleMs },
      limits: {
        frame_bytes: limits.frameBytes,
        outbox_bytes: limits.outboxBytes,
        events_per_second: limits.eventsPerSecond,
        topic_bytes: limits.topicBytes,
        subscriptions: limits.subscriptionsPerSession,
        subscriptions_per_event: limits.subscriptionsPerEvent,
        calls: hasProcedures ? procedures.callsPerConnection : 0,
      },
      features: [
        'batch-subscribe',
        'immediate-ping',
        'report-drops',
        'recover',
        'presence',
        ...(hasProcedures ? ['procedures'] : []),
      ],
    });
  }
}
