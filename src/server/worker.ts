import { ProceduresLocalSettings } from '../config/procedures-local.settings.js';
import { ProceduresSettings } from '../config/procedures.settings.js';
import { Settings } from '../config/settings.js';
import { Lifecycle } from '../lifecycle.js';
import { Metrics } from '../metrics/metrics.js';
import { serve } from './serve.js';
import { shareMetrics } from './worker-metrics.js';
import { isRetire, sendReady, type WorkerRole } from './worker-messages.js';

/** One of several processes that share the port. */
export async function serveAsWorker(settings: Settings, { relay, local }: WorkerRole): Promise<void> {
  const own = local === 'none' ? withoutLocal(settings) : settings;
  const predecessor = local === 'successor' ? { sockets: [], release: () => undefined } : undefined;
  const app = await serve(own, { relay, predecessor });
  shareMetrics(app.get(Metrics, { strict: false }));
  process.on('message', (message) => {
    if (isRetire(message))
      void app
        .get(Lifecycle)
        .retire()
        .then(() => process.kill(process.pid, 'SIGTERM'));
  });
  sendReady();
}

/** Of the processes that share the port, programs of the same user find one. */
function withoutLocal(settings: Settings): Settings {
  if (!settings.procedures) return settings;
  const { app, worker } = settings.procedures.local;
  const local = Object.assign(new ProceduresLocalSettings(), { app, worker });
  const procedures = Object.assign(new ProceduresSettings(), settings.procedures, { local });
  return Object.assign(new Settings(), settings, { procedures });
}
