import { Observers } from './observers.js';

export const OBSERVERS_PROVIDERS = [Observers];
