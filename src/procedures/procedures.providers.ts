import { BroughtProcedures } from './brought-procedures.js';
import { Calls } from './calls/calls.js';
import { CallChannels } from './kept/record/call-channels.js';
import { CallFollowers } from './kept/following/call-followers.js';
import { CallNodes } from './kept/call-nodes.js';
import { CallQuota } from './kept/call-quota.js';
import { CallRights } from './kept/call-rights.js';
import { KeptCalls } from './kept/kept-calls.js';
import { KeptCallsEnd } from './kept/kept-calls-end.js';
import { KeptRuns } from './kept/kept-runs.js';
import { LeftCalls } from './kept/left-calls.js';
import { LossCallbacks } from './kept/loss-callbacks.js';
import { LostCalls } from './kept/lost-calls.js';
import { RunnerWatch } from './kept/runner-watch.js';
import { OpenCalls } from './open/open-calls.js';
import { CallerHooks } from './methods/caller-hooks.js';
import { ProcedureExplorer } from './methods/procedure-explorer.js';
import { Procedures } from './procedures.js';
import { RemoteProcedures } from './remote/remote-procedures.js';

export const PROCEDURES_PROVIDERS = [
  BroughtProcedures,
  CallChannels,
  CallFollowers,
  CallNodes,
  CallQuota,
  CallRights,
  CallerHooks,
  Calls,
  KeptCalls,
  KeptCallsEnd,
  KeptRuns,
  LeftCalls,
  LossCallbacks,
  LostCalls,
  OpenCalls,
  ProcedureExplorer,
  Procedures,
  RemoteProcedures,
  RunnerWatch,
];
