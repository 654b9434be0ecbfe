import type { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { ShutdownSettings } from '../../config/sections/shutdown.settings.js';
import type { RpcHttp } from '../http/rpc-http.js';
import { LineServer } from './line-server.js';

/** Makes the line server for calls of programs of the same user, whatever brings their connections. */
export function localLines(
  { local: { headerTimeoutMs, path: prefix = '' } }: ProceduresSettings,
  { timeoutMs: closeTimeoutMs }: ShutdownSettings,
  rpc: RpcHttp,
): LineServer {
  const limits = {
    headerTimeoutMs,
    closeTimeoutMs,
    // It can be changed while the gateway runs.
    get maxRequestBytes() {
      return rpc.maxRequestBytes;
    },
  };
  return new LineServer(limits, (request, response, origin) =>
    rpc.handle(request, response, { ...origin, prefix, isForOneRequest: true }),
  );
}
