import { Metrics } from './metrics.js';
import { Refusals } from './refusals.js';

export const METRICS_PROVIDERS = [Metrics, Refusals];
