import { BroughtProcedures } from './brought-procedures.js';
import { Calls } from './calls/calls.js';
import { OpenCalls } from './open/open-calls.js';
import { CallerHooks } from './methods/caller-hooks.js';
import { ProcedureExplorer } from './methods/procedure-explorer.js';
import { Procedures } from './procedures.js';
import { RemoteProcedures } from './remote/remote-procedures.js';

export const PROCEDURES_PROVIDERS = [
  BroughtProcedures,
  CallerHooks,
  Calls,
  OpenCalls,
  ProcedureExplorer,
  Procedures,
  RemoteProcedures,
];
