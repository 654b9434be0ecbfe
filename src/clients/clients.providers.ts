import { ClientsInProcess } from './clients-in-process.js';
import { Clients } from './clients.js';
import { LocalClients } from './local-clients.js';
import { Removals } from './removals.js';

export const CLIENTS_PROVIDERS = [Clients, ClientsInProcess, LocalClients, Removals];
