import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import { PingSettings } from '../../config/sections/ping.settings.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { Hello } from '../../protocol/hello.js';

/** The first frame of clients that call procedures. */
@Injectable()
export class RpcHello extends Hello {
  constructor(ping: PingSettings, limits: LimitsSettings, procedures: ProceduresSettings) {
    super({
      periodsMs: { ping_period: ping.intervalMs, idle: limits.idleMs },
      limits: {
        frame_bytes: procedures.frameBytes,
        result_bytes: procedures.resultBytes,
        events_per_second: limits.eventsPerSecond,
        calls: procedures.callsPerConnection,
      },
      features: ['cancel', 'named-arguments'],
    });
  }
}
