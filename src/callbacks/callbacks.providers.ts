import { CallbacksSettings } from '../config/sections/callbacks.settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { Metrics } from '../metrics/metrics.js';
import { Breakers } from './breakers.js';
import { Tracing } from '../tracing/tracing.js';
import { CALLER } from './caller.js';
import { HttpCaller } from './http/http.caller.js';
import { ProviderDiscovery } from './providers/provider-discovery.js';
import { ProviderMethods } from './providers/provider-methods.js';
import { Repetition } from './repetition.js';
import { REQUESTER } from './requester.js';
import { STREAM_REQUESTER } from './stream-requester.js';

export const CALLBACKS_PROVIDERS = [
  {
    provide: CALLER,
    inject: [CallbacksSettings, ProceduresSettings, Breakers, Metrics, Tracing],
    useFactory: caller,
  },
  { provide: REQUESTER, useExisting: CALLER },
  { provide: STREAM_REQUESTER, useExisting: CALLER },
  Breakers,
  ProviderDiscovery,
  ProviderMethods,
  Repetition,
];

/** Makes the caller. Calls of remote procedures, which may last long, have connections of their own. */
function caller(
  settings: CallbacksSettings,
  { remoteConnections }: ProceduresSettings,
  breakers: Breakers,
  metrics: Metrics,
  tracing: Tracing,
): HttpCaller {
  const caller = new HttpCaller(settings, remoteConnections, breakers, tracing);
  metrics.countCallbacksWaiting(() => {
    const { count, sinceMs } = caller.waiting;
    return { length: count, seconds: sinceMs === undefined ? 0 : (performance.now() - sinceMs) / 1000 };
  });
  return caller;
}
