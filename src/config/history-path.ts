import type { PublishSettings } from './sections/publish.settings.js';
import type { ServiceSettings } from './sections/service.settings.js';

const DEFAULT_PATH = '/history';

/** The path where services read histories over HTTP; none where nobody keeps one, and none is set. */
export function historyPathOf(
  { enabled, historyPath }: PublishSettings,
  services: ReadonlyMap<string, Pick<ServiceSettings, 'history'>>,
): string | undefined {
  if (!enabled || historyPath !== undefined) return enabled ? historyPath : undefined;
  return [...services.values()].some(({ history }) => history) ? DEFAULT_PATH : undefined;
}
