import { Hub } from './hub.js';

export const DELIVERY_PROVIDERS = [Hub];
