import { BROKER, type Broker } from '../broker/broker.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { Settings } from '../config/settings.js';
import { Listeners } from '../connection/upgrade/listeners.js';
import { MainServer } from '../connection/upgrade/main-server.js';
import { ServiceSecret } from '../rpc/service-secret.js';
import { GIVEN_ENVIRONMENT } from './environment.js';
import { Handover } from './handover/handover.js';
import type { Predecessor } from './handover/predecessor.js';
import { reread } from './reread.js';
import { serve } from './serve.js';

/** Serves in this process alone. @returns the handover to a new process, for SIGUSR2. */
export async function serveAlone(
  configured: Settings,
  predecessor: Predecessor | undefined,
): Promise<Handover> {
  const hasSecret = configured.procedures?.secret !== undefined;
  const settings = hasSecret ? configured : withSecretOf(predecessor, configured);
  const inherited = predecessor && {
    sockets: predecessor.legacy.sockets,
    bequeath: (broker: Broker) => predecessor.bequeath(broker),
    release: () => predecessor.release(),
  };
  const app = await serve(settings, { predecessor: inherited });
  process.on('SIGHUP', () => reread(settings, app.getHttpServer()));
  return new Handover(
    {
      listeners: app.get(Listeners),
      broker: app.get<Broker>(BROKER),
      secret: hasSecret ? undefined : app.get(ServiceSecret).value,
      retire: () => app.get(MainServer).retire(),
    },
    {
      file: process.execPath,
      args: [...process.execArgv, ...process.argv.slice(1)],
      environment: GIVEN_ENVIRONMENT,
    },
  );
}

/** Keeps the predecessor's generated secret: programs that have read it would not notice a new one. */
function withSecretOf(predecessor: Predecessor | undefined, settings: Settings): Settings {
  const secret = predecessor?.legacy.secret;
  if (!settings.procedures || secret === undefined) return settings;
  const procedures = Object.assign(new ProceduresSettings(), settings.procedures, { secret });
  return Object.assign(new Settings(), settings, { procedures });
}
