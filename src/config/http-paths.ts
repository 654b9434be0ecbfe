import { OPERATOR_PATHS } from './operator-paths.js';
import { historyPathOf, presencePathOf } from './reading-paths.js';
import type { Disagreement } from './kinds/setting.decorator.js';
import type { ClientScriptSettings } from './sections/client-script.settings.js';
import type { HealthSettings } from './sections/operators/health.settings.js';
import type { OperatorsSettings } from './sections/operators/operators.settings.js';
import type { ProceduresSettings } from './sections/procedures/procedures.settings.js';
import type { PublishSettings } from './sections/publish.settings.js';
import type { ServiceSettings } from './sections/service/service.settings.js';
import { streamPathOf, type TopicsSettings } from './sections/topics.settings.js';

const CLIENT_SCRIPT = 'clientScript.path';

/** The sections that have paths of HTTP endpoints. */
interface Sections {
  readonly topics: TopicsSettings;
  readonly services: ReadonlyMap<string, ServiceSettings>;
  readonly publish: PublishSettings;
  readonly rooms?: object;
  readonly health: HealthSettings;
  readonly clientScript: ClientScriptSettings;
  readonly operators: OperatorsSettings;
  readonly procedures?: ProceduresSettings;
}

/** A path of the main port that is the gateway's. */
interface TakenPath {
  readonly key: string;
  readonly path: string;
  /** Whether all paths below it are taken as well. */
  readonly isTree: boolean;
  /** The key of an endpoint that may be in the tree all the same. */
  readonly isOpenTo?: string;
}

/** Refuses two endpoints on the same path, of which only one could be reached. */
export function httpPathsDiffer(settings: Sections): Disagreement | undefined {
  const taken = pathsOf(settings);
  for (const [index, one] of taken.entries()) {
    const other = taken.slice(0, index).find((before) => isShared(before, one));
    if (other)
      return { key: one.key, found: one.path, expected: `a path apart from ${other.key}, ${other.path}` };
  }
  return undefined;
}

function pathsOf({
  topics,
  services,
  publish,
  rooms,
  health,
  clientScript,
  operators,
  procedures,
}: Sections): TakenPath[] {
  const historyPath = historyPathOf(publish, services);
  const presencePath = presencePathOf(publish, services, rooms);
  const streamPath = streamPathOf(topics);
  const paths = [
    streamPath !== undefined && { key: 'topics.stream', path: streamPath, isTree: true },
    publish.enabled && { key: 'publish.path', path: publish.path, isTree: false },
    publish.enabled && rooms && { key: 'publish.triggerPath', path: publish.triggerPath, isTree: false },
    publish.enabled && { key: 'publish.disconnectPath', path: publish.disconnectPath, isTree: false },
    publish.enabled && { key: 'publish.unsubscribePath', path: publish.unsubscribePath, isTree: false },
    publish.enabled && { key: 'publish.connectionsPath', path: publish.connectionsPath, isTree: false },
    publish.enabled && { key: 'publish.revokePath', path: publish.revokePath, isTree: false },
    historyPath !== undefined && { key: 'publish.historyPath', path: historyPath, isTree: false },
    presencePath !== undefined && { key: 'publish.presencePath', path: presencePath, isTree: false },
    health.enabled && { key: 'health.livePath', path: health.livePath, isTree: false },
    health.enabled && { key: 'health.readyPath', path: health.readyPath, isTree: false },
    clientScript.enabled && { key: CLIENT_SCRIPT, path: clientScript.path, isTree: false },
    ...operatorPaths(operators),
    procedures && { key: 'procedures.path', path: procedures.path, isTree: true },
  ];
  return paths.filter((path) => typeof path === 'object');
}

/** All that is below the path is kept for operators; only the client may be there too: both are at home in `/kittiwake`. */
function operatorPaths({ enabled, path }: OperatorsSettings): TakenPath[] {
  if (!enabled || path === undefined) return [];
  const key = 'operators.path';
  const endpoints = Object.values(OPERATOR_PATHS).map((one) => ({ key, path: path + one, isTree: false }));
  return [{ key, path, isTree: true, isOpenTo: CLIENT_SCRIPT }, ...endpoints];
}

function isShared(one: TakenPath, other: TakenPath): boolean {
  if (one.key === other.key) return false;
  return one.path === other.path || isBelow(one, other) || isBelow(other, one);
}

function isBelow({ key, path }: TakenPath, tree: TakenPath): boolean {
  return tree.isTree && tree.isOpenTo !== key && path.startsWith(`${tree.path}/`);
}
