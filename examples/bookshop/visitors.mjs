import { createHash, randomBytes, randomInt } from 'node:crypto';

const COOKIE = 'bookshop_visitor';
const MAX_NAME_LENGTH = 40;
const ADJECTIVES = [
  'Quiet',
  'Curious',
  'Early',
  'Patient',
  'Bold',
  'Gentle',
  'Restless',
  'Merry',
  'Distant',
  'Wise',
];
const BIRDS = [
  'Heron',
  'Puffin',
  'Gannet',
  'Tern',
  'Curlew',
  'Petrel',
  'Plover',
  'Fulmar',
  'Avocet',
  'Kittiwake',
];

/**
 * Who sent a request: the person whose browser holds the cookie, or a new one.
 * @param {import('node:http').IncomingMessage} request
 * @returns {{ userId: string, setCookie: string }} The cookie to answer with.
 */
export function visitorOf(request) {
  const found = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{32})(?:;|$)`).exec(request.headers.cookie ?? '');
  const secret = found?.[1] ?? randomBytes(24).toString('base64url');
  // The id is shown to other readers, so it must not tell the secret.
  const userId = createHash('sha256').update(secret).digest('hex').slice(0, 16);
  return { userId, setCookie: `${COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000` };
}

/** The name somebody gave, tidied; a made-up one when they gave none. @param {unknown} given */
export function nameOf(given) {
  const name = typeof given === 'string' ? given.replace(/[\p{C}\s]+/gu, ' ').trim() : '';
  return [...name].slice(0, MAX_NAME_LENGTH).join('') || `${anyOf(ADJECTIVES)} ${anyOf(BIRDS)}`;
}

/** @param {string[]} words */
function anyOf(words) {
  return words[randomInt(words.length)];
}
