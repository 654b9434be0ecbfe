import type { PublishSettings } from './sections/publish.settings.js';
import type { ServiceSettings } from './sections/service/service.settings.js';

const DEFAULT_PATH = '/history';

/** The path where services read histories over HTTP; none where nobody keeps one, and none is set. */
export function historyPathOf(
  { enabled, historyPath }: PublishSettings,
  services: ReadonlyMap<string, Pick<ServiceSettings, 'history'>>,
): string | undefined {
  if (!enabled || historyPath !== undefined) return enabled ? historyPath : undefined;
  return [...services.values()].some(({ history }) => history) ? DEFAULT_PATH : undefined;
}

/** The path where services ask who is present over HTTP; none where nobody has presence, and none is set. */
export function presencePathOf(
  { enabled, presencePath }: PublishSettings,
  services: ReadonlyMap<string, Pick<ServiceSettings, 'presence'>>,
  rooms: object | undefined,
): string | undefined {
  if (!enabled || presencePath !== undefined) return enabled ? presencePath : undefined;
  const isKept = [...services.values()].some(({ presence }) => presence);
  return isKept || (rooms && 'presence' in rooms && rooms.presence) ? '/presence' : undefined;
}
