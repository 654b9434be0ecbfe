import { ClientScript } from './client-script.js';

export const CLIENT_SCRIPT_PROVIDERS = [ClientScript];
