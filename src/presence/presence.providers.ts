import { PresenceEndTeller } from './presence-end-teller.js';
import { Presences } from './presences.js';

export const PRESENCE_PROVIDERS = [PresenceEndTeller, Presences];
