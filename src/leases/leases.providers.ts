import { EndTellers } from './end-tellers.js';
import { Leases } from './leases.js';
import { Sweeper } from './sweeper.js';

export const LEASES_PROVIDERS = [EndTellers, Leases, Sweeper];
