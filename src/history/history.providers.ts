import { Histories } from './histories.js';

export const HISTORY_PROVIDERS = [Histories];
