import { Logger } from '@nestjs/common';
import type { Member } from '../broker/presence-book.js';
import type { PresenceSettings } from '../config/sections/presence.settings.js';
import { DigestedLog } from '../metrics/digested-log.js';
import type { LogParty } from '../metrics/log-line.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { detached, type JsonText, objectText } from '../protocol/json/json.js';

/** The most characters of a key, and of what is shown beside it: everybody in a place gets them. */
const MAX_KEY_LENGTH = 256;
const MAX_INFO_LENGTH = 4_096;

const warnings = new DigestedLog(new Logger('Presence'));

/**
 * Whom a client makes present, as the app says of it.
 * @param field gives one of the fields that the app has given of the client.
 * @returns nobody when it has no key, or one that cannot be one, which is logged.
 */
export function memberOf(
  { info }: PresenceSettings,
  keyField: string,
  field: (name: string) => JsonText | undefined,
  party: LogParty,
): Member | undefined {
  const given = field(keyField);
  if (given === undefined || given === 'null') return undefined;
  if (given.length > MAX_KEY_LENGTH || !/^["\d-]/.test(given)) {
    const message = `${keyField} is not a text or a number of at most ${MAX_KEY_LENGTH} characters: its client is not shown as present`;
    warnings.warn('key', message, party);
    return undefined;
  }
  const key = detached(canonicalJson(given));
  const shown = info.flatMap((name) => {
    const value = field(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { key, text: textOf(key as JsonText, shown, party) };
}

/** The fields of an answer of the app that say who a client is, and what it sees; none where that is not kept. */
export function presenceFields(presence: PresenceSettings | undefined, identityField: string): string[] {
  return presence ? [presence.key ?? identityField, ...presence.info, 'options'] : [];
}

function textOf(key: JsonText, shown: (readonly [string, JsonText])[], party: LogParty): JsonText {
  const info = objectText(shown);
  if (shown.length === 0) return objectText([['key', key]]);
  if (info.length <= MAX_INFO_LENGTH)
    return detached(
      objectText([
        ['key', key],
        ['info', info],
      ]),
    );
  const message = `what is to be shown of ${key} is more than ${MAX_INFO_LENGTH} characters: it is left out`;
  warnings.warn('info', message, party);
  return objectText([['key', key]]);
}
