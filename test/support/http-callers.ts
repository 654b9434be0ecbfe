import { HttpCaller } from '../../src/callbacks/http/http.caller.js';
import { CallbacksSettings } from '../../src/config/sections/callbacks.settings.js';

const SETTINGS: CallbacksSettings = {
  ...new CallbacksSettings(),
  timeoutMs: 5_000,
  waitMs: 1,
  waitJitterMs: 0,
  connections: 10,
};

/** The settings of a caller, and its connections for streams; default: as many as for everything else. */
type CallerSettings = Partial<CallbacksSettings> & { readonly streamConnections?: number };

/** Opens callers that close with the test; a wait between tries is 1 ms unless said otherwise. */
export function callersOfTest(): (settings?: CallerSettings) => HttpCaller {
  const callers: HttpCaller[] = [];
  afterEach(() => Promise.all(callers.splice(0).map((caller) => caller.stop())));
  return ({ streamConnections, ...given } = {}) => {
    const settings = { ...SETTINGS, ...given };
    const caller = new HttpCaller(settings, streamConnections ?? settings.connections);
    callers.push(caller);
    return caller;
  };
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}
