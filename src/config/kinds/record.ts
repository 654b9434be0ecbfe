/** Whether a value is an object of named members: not null, not a list, not a Map or a Date. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
