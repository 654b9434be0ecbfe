import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BROKER, type Broker } from '../broker/broker.js';
import type { Settings } from '../config/settings.js';
import { Listeners } from '../connection/upgrade/listeners.js';
import { LocalServer } from '../rpc/local/local-server.js';
import { createServer } from './create-server.js';

/** The surroundings of a gateway that has a predecessor or other worker processes. */
export interface Company {
  /** The sockets to take over, and calls that ask their owner for its histories and tell it that this gateway serves. */
  readonly predecessor?:
    | {
        readonly sockets: Parameters<Listeners['inherit']>[0];
        readonly bequeath?: (broker: Broker) => Promise<void>;
        readonly release: () => void;
      }
    | undefined;
  /** The path of the relay to the other worker processes of this machine. */
  readonly relay?: string | undefined;
  /** Awaited before listening: resolves when this gateway, which is prepared, is to take connections. */
  readonly untilTold?: (() => Promise<void>) | undefined;
}

/** Starts the gateway in this process. A successor announces itself only when nothing can fail any more. */
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
  await predecessor?.bequeath?.(app.get<Broker>(BROKER));
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
