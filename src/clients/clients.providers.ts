import { ClientsInProcess } from './clients-in-process.js';
import { Clients } from './clients.js';
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
  IdentityLimits,
  LocalClients,
  Removals,
  RevocationCopy,
  RevocationList,
  Revocations,
  RevokedProofs,
  SeatTable,
];
