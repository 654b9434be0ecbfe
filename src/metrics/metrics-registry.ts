import type { Registry, RegistryContentType } from 'prom-client';

/** A registry of prom-client, which an app has given for the metrics of the gateway to be among its own. */
export type MetricsRegistry = Registry<RegistryContentType>;

/** Where it is given. */
export const METRICS_REGISTRY = Symbol('kittiwake:metrics-registry');

/** Adds to an app's registry what is in ours. @throws when it has a metric of the same name. */
export function addMetrics(own: Registry, app: MetricsRegistry): void {
  for (const { name } of own.getMetricsAsArray()) app.registerMetric(own.getSingleMetric(name)!);
}

/** Takes it out again: another gateway of this process may come after this one. */
export function removeMetrics(own: Registry, app: MetricsRegistry): void {
  for (const { name } of own.getMetricsAsArray())
    if (app.getSingleMetric(name) === own.getSingleMetric(name)) app.removeSingleMetric(name);
}
