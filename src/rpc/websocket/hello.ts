import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Settings } from '../../config/settings.js';
import { Hello } from '../../protocol/hello.js';

/** The first frame of clients that call procedures. */
export function rpcHello({ ping, limits, procedures = new ProceduresSettings() }: Settings): Hello {
  return new Hello({
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
