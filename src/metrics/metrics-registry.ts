import type { Registry, RegistryContentType } from 'prom-client';

/** An app's registry of prom-client, to which the metrics of the gateway are added. */
export type MetricsRegistry = Registry<RegistryContentType>;

/** The injection token of the app's {@link MetricsRegistry}. */
export const METRICS_REGISTRY = Symbol('kittiwake:metrics-registry');

/** Adds our metrics to an app's registry. @throws when it has a metric of the same name. */
export function addMetrics(own: Registry, app: MetricsRegistry): void {
  for (const { name } of own.getMetricsAsArray()) app.registerMetric(own.getSingleMetric(name)!);
}

/** Removes them again: another gateway of this process may come after this one. */
export function removeMetrics(own: Registry, app: MetricsRegistry): void {
  for (const { name } of own.getMetricsAsArray())
    if (app.getSingleMetric(name) === own.getSingleMetric(name)) app.removeSingleMetric(name);
}
