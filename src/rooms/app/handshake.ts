import type { IncomingMessage } from 'node:http';

/** The sources of the parts of a forwarded header, in a client's handshake. */
interface Sources {
  readonly header: (name: string) => string | undefined;
  readonly query: (name: string) => string | undefined;
  readonly cookie: (name: string) => string | undefined;
}

/** The headers that High-Templar forwards to the app. */
const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  cookie: '{header.cookie}',
  'user-agent': '{header.user-agent}',
  'x-real-ip': '{header.x-real-ip}',
  'x-csrftoken': '{cookie.csrftoken}',
  authorization: 'Token {query.token}',
};
const PART = /\{(header|query|cookie)\.([^\s{}]+)\}/g;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Makes the headers of requests to the app from a client's handshake; nothing that is not named is forwarded. */
export class HeaderForwarding {
  private readonly templates: readonly (readonly [name: string, template: string])[];

  /** @param headers templates by header name; added to High-Templar's, and in place of them. */
  constructor(headers: Readonly<Record<string, string>>) {
    const templates = new Map(Object.entries(DEFAULT_HEADERS));
    for (const [name, template] of Object.entries(headers)) templates.set(name.toLowerCase(), template);
    this.templates = [...templates].filter(([, template]) => template !== '');
  }

  /** The headers by lower-case name. One of which a part is missing, empty or unfit for a header is left out. */
  headersOf(request: IncomingMessage): Readonly<Record<string, string>> {
    const sources = sourcesOf(request);
    const headers: Record<string, string> = {};
    for (const [name, template] of this.templates) {
      const value = fill(template, sources);
      if (value !== undefined && HEADER_VALUE.test(value)) headers[name] = value;
    }
    return headers;
  }
}

function fill(template: string, sources: Sources): string | undefined {
  let isWhole = true;
  const value = template.replaceAll(PART, (_part, source: keyof Sources, name: string) => {
    const found = sources[source](name);
    if (found === undefined || found === '') isWhole = false;
    return found ?? '';
  });
  return isWhole ? value : undefined;
}

function sourcesOf({ headers, url }: IncomingMessage): Sources {
  const query = new URLSearchParams(url?.split('?').slice(1).join('?') ?? '');
  return {
    header: (name) => headers[name.toLowerCase()]?.toString(),
    query: (name) => query.get(name) ?? undefined,
    cookie: (name) => cookieOf(headers.cookie ?? '', name),
  };
}

/** RFC 6265 section 4.2.1; a value in quotes is taken without them. */
function cookieOf(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      return pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
