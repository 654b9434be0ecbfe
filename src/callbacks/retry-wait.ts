/** Headers of an answer by lower-case name, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The longest wait that an answer can ask for. */
const MAX_WAIT_S = 3600;
const DECIMAL = /^\+?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The wait that an answer with status 429 asks for, in milliseconds.
 * @param names of headers; the first that is present counts: seconds, maybe with a fraction, cut to an hour.
 * @returns `undefined` when there is no such header, or no such number in it.
 */
export function requestedWaitMs(headers: ResponseHeaders, names: readonly string[]): number | undefined {
  const values = names.map((name) => headerValue(headers, name.toLowerCase()));
  const seconds = values.find((value) => value !== undefined)?.trim() ?? '';
  return DECIMAL.test(seconds) ? Math.min(Number(seconds), MAX_WAIT_S) * 1000 : undefined;
}

/** The value of a header, the first one if it is repeated. */
export function headerValue(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
