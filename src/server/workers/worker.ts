import { Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { ledgerFolder } from '../../config/ledger-place.js';
import { derivedSettings } from '../../config/loading/sources.js';
import { LedgerSettings } from '../../config/sections/ledger.settings.js';
import { ProceduresLocalSettings } from '../../config/sections/procedures/local.settings.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Settings } from '../../config/settings.js';
import { MainServer } from '../../connection/upgrade/main-server.js';
import { Metrics } from '../../metrics/metrics.js';
import { GatewayStatus } from '../../operators/gateway-status.js';
import { serve } from '../serve.js';
import { isRetire, listenWhenTold, sendAlive, sendReady, type WorkerRole } from './worker-messages.js';
import { shareMetrics } from './worker-metrics.js';
import { shareStatus } from './worker-status.js';
import { SIGN_OF_LIFE_MS } from './worker-watch.js';

/** Serves as one of several processes that share the port. */
export async function serveAsWorker(settings: Settings, { relay, local }: WorkerRole): Promise<void> {
  const own = local === 'none' ? withoutLocal(settings) : settings;
  const predecessor = local === 'successor' ? { sockets: [], release: () => undefined } : undefined;
  setInterval(sendAlive, SIGN_OF_LIFE_MS).unref();
  outliveParent();
  const app = await serve(own, { relay, predecessor, untilTold: listenWhenTold });
  shareMetrics(app.get(Metrics, { strict: false }));
  shareStatus(app.get(GatewayStatus, { strict: false }));
  process.on('message', (message) => {
    if (isRetire(message))
      void app
        .get(MainServer)
        .retire()
        .then(() => process.kill(process.pid, 'SIGTERM'));
  });
  sendReady();
}

/** Stops in good order when the process that keeps the workers was killed: Node would end this one at once. */
function outliveParent(): void {
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  process.once('disconnect', () => {
    new Logger('Kittiwake').error('the process that keeps the workers has ended: stopping');
    process.kill(process.pid, 'SIGTERM');
  });
}

/** Settings without a state directory: only one worker serves programs of the same user. */
function withoutLocal(settings: Settings): Settings {
  if (!settings.procedures) return settings;
  const { app, worker } = settings.procedures.local;
  const local = Object.assign(new ProceduresLocalSettings(), { app, worker });
  const procedures = Object.assign(new ProceduresSettings(), settings.procedures, { local });
  const dir = ledgerFolder(settings);
  const ledger = Object.assign(new LedgerSettings(), settings.ledger, dir !== undefined && { dir });
  return derivedSettings(settings, { procedures, ledger });
}
