import { type CallbackUrl, parseCallbackUrl } from '../../callbacks/http/callback-url.js';
import type { Settings } from '../../config/settings.js';
import { CALLBACK_KINDS } from '../../topics/service/callback-kind.js';

/** The URL at which the app is asked, and the setting that says so. */
export interface AppAddress {
  readonly about: string;
  readonly url: CallbackUrl;
  readonly headers: Readonly<Record<string, string>>;
}

const ROOM_PATHS = ['bootstrap', 'onConnect', 'onPing', 'onDisconnect'] as const;

/** All addresses of the app that the configuration names. One that stands there more often is told of once. */
export function appAddresses(settings: Settings): readonly AppAddress[] {
  const addresses = [
    ...ofTickets(settings),
    ...ofServices(settings),
    ...ofRooms(settings),
    ...ofProcedures(settings),
  ];
  return addresses.filter(
    ({ url }, index) => addresses.findIndex((other) => other.url.href === url.href) === index,
  );
}

function ofTickets({ auth }: Settings): AppAddress[] {
  return auth.ticket ? addressOf('auth.ticket.url', auth.ticket.url) : [];
}

function ofServices({ services }: Settings): AppAddress[] {
  return [...services].flatMap(([name, service]) =>
    CALLBACK_KINDS.flatMap((callback) =>
      addressOf(`services.${name}.${callback}`, service[callback], service.headers),
    ),
  );
}

/** The API of rooms listens on a Unix socket, or where its URL says. */
function ofRooms({ rooms }: Settings): AppAddress[] {
  const api = rooms?.api;
  if (!api) return [];
  return ROOM_PATHS.flatMap((key) => {
    if (api[key] === undefined) return [];
    const found = addressOf(`rooms.api.${key}`, new URL(api[key], api.url).href);
    return api.socket === undefined
      ? found
      : found.map((address) => ({ ...address, url: { ...address.url, socketPath: api.socket } }));
  });
}

function ofProcedures({ procedures }: Settings): AppAddress[] {
  return [...(procedures?.remote ?? [])].flatMap(([name, { url, headers }]) =>
    addressOf(`procedures.remote.${name}.url`, url, headers),
  );
}

function addressOf(about: string, text: string | undefined, headers = {}): AppAddress[] {
  const url = text === undefined ? undefined : parseCallbackUrl(text);
  return url ? [{ about, url, headers }] : [];
}
