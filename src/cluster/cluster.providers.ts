import { Cluster } from './cluster.js';

export const CLUSTER_PROVIDERS = [Cluster];
