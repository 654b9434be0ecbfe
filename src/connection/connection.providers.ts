import { Connections } from './connections.js';
import { Entrance } from './entrance/entrance.js';
import { Streams } from './stream/streams.js';
import { Handshakes } from './handshakes.js';
import { Listeners } from './upgrade/listeners.js';
import { MainServer } from './upgrade/main-server.js';
import { UpgradeRouter } from './upgrade/upgrade-router.js';
import { Upgrades } from './upgrade/upgrades.js';

export const CONNECTION_PROVIDERS = [
  Connections,
  Entrance,
  Handshakes,
  Listeners,
  MainServer,
  Streams,
  UpgradeRouter,
  Upgrades,
];
