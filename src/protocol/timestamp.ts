const ISO_DATE_TIME =
  /^(\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9})\d*)?)?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;

let lastMs = -1;
let lastText = '';

/** An instant as ISO 8601 in UTC with microseconds, like `2026-11-20T05:01:56.035000+00:00`. */
export function isoTimestamp(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastMs = epochMs;
    lastText = `${new Date(epochMs).toISOString().slice(0, -1)}000+00:00`;
  }
  return lastText;
}

/**
 * A date-time of ISO 8601 in the form in which it is passed on: the same instant with the same offset (none stays
 * none), seconds always given, a fraction only when it is not zero, in microseconds.
 * `undefined` when the text is not an ISO 8601 date-time.
 */
export function reformatTimestamp(text: string): string | undefined {
  const match = ISO_DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', fraction = '', zulu, sign, offsetHour] =
    match;
  const offsetMinute = match[11] ?? '00';
  if (!isDate(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHour ?? 0) > 23 || Number(offsetMinute) > 59) return undefined;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const point = micros === '000000' ? '' : `.${micros}`;
  const offset = zulu ? '+00:00' : sign ? `${sign}${offsetHour}:${offsetMinute}` : '';
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${point}${offset}`;
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
