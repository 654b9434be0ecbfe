/** The text shown in the place of a secret. */
export const MASK = '***';

const MAX_SHOWN = 100;

/**
 * Hides the credentials in a URL: the password, a user name that stands alone (a token), and parameters named like
 * secrets. Text that is not a URL but looks like one is masked too, rather too much than too little.
 */
export function maskUrl(text: string): string {
  const credentials = URL.canParse(text) ? /(?<=^[^/?#]*:\/\/)[^/?#]*(?=@)/ : /(?<=\/\/).*(?=@)/s;
  return text
    .replace(credentials, maskCredentials)
    .replace(/(?<=[?&][^=&#]*(?:pass|secret|token|key|auth|sig)[^=&#]*=)[^&#]+/gi, MASK);
}

/** A value as a problem line shows it: short and without secrets; a list or a map only as such. */
export function shown(value: unknown, isSecret = false): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (isSecret) return MASK;
  return typeof value === 'string' ? shownText(value) : String(value);
}

function maskCredentials(credentials: string): string {
  const colon = credentials.indexOf(':');
  if (colon < 0) return MASK;
  const user = credentials.slice(0, colon);
  return colon === credentials.length - 1 ? `${MASK}:` : `${user}:${MASK}`;
}

function shownText(text: string): string {
  if (text.includes('PRIVATE KEY')) return MASK;
  const masked = maskUrl(text);
  return JSON.stringify(masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked);
}
