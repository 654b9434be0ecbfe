import { HttpCaller, type HttpCallerSettings } from '../../src/callbacks/http/http.caller.js';

const SETTINGS: HttpCallerSettings = {
  timeoutMs: 5_000,
  tries: 3,
  retryOn: 'transient',
  waitMs: 1,
  waitJitterMs: 0,
  rateLimitHeaders: ['X-Rate-Limit-Reset'],
  maxResponseBytes: 1_048_576,
  connections: 10,
  redirectOrigins: [],
};

/** Opens callers that close with the test; a wait between tries is 1 ms unless said otherwise. */
export function callersOfTest(): (settings?: Partial<HttpCallerSettings>) => HttpCaller {
  const callers: HttpCaller[] = [];
  afterEach(() => Promise.all(callers.splice(0).map((caller) => caller.stop())));
  return (settings) => {
    const caller = new HttpCaller({ ...SETTINGS, ...settings });
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
