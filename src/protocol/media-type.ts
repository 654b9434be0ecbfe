export const JSON_TYPE = 'application/json';
const JSON_TYPES = /^application\/(?:[\w.+-]+\+)?json$/;

/** The media type of a `Content-Type`, in lower case and without its parameters; empty when there is none. */
export function mediaTypeOf(contentType: string | undefined): string {
  const [type = ''] = contentType?.split(';', 1) ?? [];
  return type.trim().toLowerCase();
}

/** Whether a media type is JSON: `application/json`, or a type with the suffix `+json` (RFC 6839). */
export function isJsonType(mediaType: string): boolean {
  return JSON_TYPES.test(mediaType);
}
