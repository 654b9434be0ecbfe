import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * The metrics of the process. They are collected once, from the first gateway on: prom-client's observers cannot be
 * stopped, and a process may have many gateways, one after another.
 */
export function processMetrics(): Registry {
  if (!registry) collectDefaultMetrics({ register: (registry = new Registry()) });
  return registry;
}
