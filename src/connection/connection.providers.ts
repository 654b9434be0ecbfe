import { Connections } from './connections.js';
import { Listeners } from './upgrade/listeners.js';
import { MainServer } from './upgrade/main-server.js';
import { UpgradeRouter } from './upgrade/upgrade-router.js';
import { Upgrades } from './upgrade/upgrades.js';

export const CONNECTION_PROVIDERS = [Connections, Listeners, MainServer, UpgradeRouter, Upgrades];
