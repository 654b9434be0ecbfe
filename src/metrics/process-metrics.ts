import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * What there is to know of the process. It is observed once, from the first gateway on: observers cannot be stopped, and
 * a process may have many gateways, one after another.
 */
export function processMetrics(): Registry {
  if (!registry) collectDefaultMetrics({ register: (registry = new Registry()) });
  return registry;
}
