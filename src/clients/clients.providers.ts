import { ConnectGuards } from './admitting/connect-guards.js';
import { ClientsInProcess } from './clients-in-process.js';
import { Clients } from './clients.js';
import { ConnectedClients } from './connected-clients.js';
import { ConnectionPages } from './connection-pages.js';
import { IdentityLimits } from './limits/identity-limits.js';
import { SeatTable } from './limits/seat-table.js';
import { LocalClients } from './local-clients.js';
import { RevocationCopy } from './revocation/revocation-copy.js';
import { RevocationList } from './revocation/revocation-list.js';
import { RevokedProofs } from './revocation/revoked-proofs.js';
import { Revocations } from './revocation/revocations.js';
import { Removals } from './removals.js';

export const CLIENTS_PROVIDERS = [
  Clients,
  ClientsInProcess,
  ConnectedClients,
  ConnectGuards,
  ConnectionPages,
  IdentityLimits,
  LocalClients,
  Removals,
  RevocationCopy,
  RevocationList,
  Revocations,
  RevokedProofs,
  SeatTable,
];
