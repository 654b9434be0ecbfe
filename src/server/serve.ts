import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from '../config/settings.js';
import { Listeners } from '../connection/upgrade/listeners.js';
import { LocalServer } from '../rpc/local/local-server.js';
import { createServer } from './create-server.js';

/** What a gateway has that does not begin alone. */
export interface Company {
  /** What it takes over, and from whom: it is told when this gateway serves. */
  readonly predecessor?:
    { readonly sockets: Parameters<Listeners['inherit']>[0]; readonly release: () => void } | undefined;
  /** Where the other worker processes of this machine are. */
  readonly relay?: string | undefined;
  /** Resolves when this gateway, which could take connections, is to take them. */
  readonly untilTold?: (() => Promise<void>) | undefined;
}

/** Starts the gateway in this process. One that takes over can be found only when nothing can go wrong any more. */
export async function serve(
  settings: Settings,
  { predecessor, relay, untilTold }: Company,
): Promise<NestFastifyApplication> {
  const app = await createServer(settings, [], relay);
  const listeners = app.get(Listeners);
  if (predecessor) listeners.inherit(predecessor.sockets);
  await app.init();
  const local = app.get(LocalServer);
  if (predecessor) await local.open();
  await untilTold?.();
  const address = { name: 'main', host: settings.server.host, port: settings.server.port };
  await app.listen(listeners.optionsFor(address), () => undefined);
  listeners.add(app.getHttpServer(), address);
  if (predecessor) {
    local.announce();
    listeners.closeUnused();
    predecessor.release();
  }
  new Logger('Kittiwake').log(`listening at ${await app.getUrl()}, for clients of ${endpointsOf(settings)}`);
  return app;
}

function endpointsOf({ topics, rooms }: Settings): string {
  return `topics on ${topics.path}${rooms ? ` and of rooms on ${rooms.path}` : ''}`;
}
