import { parseCallbackUrl, scrubUrl } from './callback-url.js';

describe('a callback URL', () => {
  it('is taken apart', () => {
    expect(parseCallbackUrl('https://api.example.com:8443/a/b?c=d')).toEqual({
      origin: 'https://api.example.com:8443',
      socketPath: undefined,
      path: '/a/b?c=d',
      authorization: undefined,
      href: 'https://api.example.com:8443/a/b?c=d',
      scrubbed: 'https://api.example.com:8443/a/b?…',
    });
  });

  it('names a Unix socket by its percent-encoded path', () => {
    expect(parseCallbackUrl('http+unix://%2Frun%2FApi%20one.sock/a?b=c')).toMatchObject({
      origin: 'http+unix://%2Frun%2FApi%20one.sock',
      socketPath: '/run/Api one.sock',
      path: '/a?b=c',
    });
  });

  it('has one origin for all spellings of a socket', () => {
    const origins = ['http+unix://%2frun%2fapi.sock', 'http+unix://%2Frun%2F%61pi.sock/a'].map(
      (url) => parseCallbackUrl(url)?.origin,
    );
    expect(new Set(origins)).toEqual(new Set(['http+unix://%2Frun%2Fapi.sock']));
  });

  it('has the path / when it has none', () => {
    expect(parseCallbackUrl('http+unix://%2Frun%2Fapi.sock')?.path).toBe('/');
    expect(parseCallbackUrl('http://api')?.path).toBe('/');
  });

  it.each([
    ['user and password', 'http://us%65r:p%40ss%3A@api/', 'user:p@ss:'],
    ['UTF-8', 'http://us%C3%A9r:p%C3%A4ss@api/', 'usér:päss'],
    ['a user alone', 'http://user@api/', 'user:'],
    ['a percent sign that encodes nothing', 'http://user:100%zz@api/', 'user:100%zz'],
    ['a socket', 'http+unix://user:pass@%2Frun%2Fapi.sock/', 'user:pass'],
  ])('makes basic authentication from %s', (_, url, credentials) => {
    const authorization = parseCallbackUrl(url)?.authorization ?? '';
    expect(authorization).toMatch(/^Basic /);
    expect(Buffer.from(authorization.slice(6), 'base64').toString()).toBe(credentials);
  });

  it('keeps user and password to the authorization', () => {
    const { authorization, ...rest } = parseCallbackUrl('http://user:pass@api/a?b#c')!;
    expect(authorization).toBeDefined();
    expect(JSON.stringify(rest)).not.toMatch(/user|pass/);
  });

  it('may be relative to another one', () => {
    const base = parseCallbackUrl('http+unix://%2Frun%2Fapi.sock/a/b?c');
    expect(parseCallbackUrl('../d?e', base)).toMatchObject({ origin: base?.origin, path: '/d?e' });
    expect(parseCallbackUrl('//other/d', parseCallbackUrl('https://api/a'))?.origin).toBe('https://other');
  });

  it.each([
    '',
    'nonsense',
    '/path',
    'ftp://api/',
    'http+unix:///run/api.sock',
    'data:text/plain,a',
    'http://',
  ])('is not %j', (text) => {
    expect(parseCallbackUrl(text)).toBeUndefined();
  });
});

describe('a scrubbed URL', () => {
  it.each([
    ['https://user:secret@api.example.com/a', 'https://api.example.com/a'],
    ['http+unix://user:secret@%2Frun%2Fapi.sock/a', 'http+unix://%2Frun%2Fapi.sock/a'],
    ['https://api/a?key=secret', 'https://api/a?…'],
    ['https://api/a#secret', 'https://api/a'],
    ['https://user:secret@:bad/', '(not a URL)'],
  ])('of %s is %s', (url, scrubbed) => {
    expect(scrubUrl(url)).toBe(scrubbed);
  });
});
