import { BroughtProcedures } from './brought-procedures.js';
import { Calls } from './calls/calls.js';
import { CallChannels } from './kept/call-channels.js';
import { CallFollowers } from './kept/call-followers.js';
import { CallQuota } from './kept/call-quota.js';
import { CallRights } from './kept/call-rights.js';
import { KeptCalls } from './kept/kept-calls.js';
import { KeptRuns } from './kept/kept-runs.js';
import { OpenCalls } from './open/open-calls.js';
import { CallerHooks } from './methods/caller-hooks.js';
import { ProcedureExplorer } from './methods/procedure-explorer.js';
import { Procedures } from './procedures.js';
import { RemoteProcedures } from './remote/remote-procedures.js';

export const PROCEDURES_PROVIDERS = [
  BroughtProcedures,
  CallChannels,
  CallFollowers,
  CallQuota,
  CallRights,
  CallerHooks,
  Calls,
  KeptCalls,
  KeptRuns,
  OpenCalls,
  ProcedureExplorer,
  Procedures,
  RemoteProcedures,
];
