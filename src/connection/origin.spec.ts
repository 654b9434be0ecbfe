import { isOriginAllowed } from './origin.js';

describe('the origin of a handshake', () => {
  it.each([
    [undefined, 'app.example', [], true],
    ['https://app.example', 'app.example', [], true],
    ['https://app.example:8443', 'app.example:8443', [], true],
    ['https://APP.example', 'app.EXAMPLE', [], true],
    ['https://app.example:8443', 'app.example', [], false],
    // Some clients and proxies name the default port in Host; browsers never do in Origin.
    ['https://app.example', 'app.example:443', [], true],
    ['http://app.example', 'app.example:80', [], true],
    ['https://app.example:443', 'app.example', [], true],
    ['http://[2001:db8::1]', '[2001:db8::1]:80', [], true],
    ['http://[2001:db8::80]', '[2001:db8::]', [], false],
    ['https://app.example', 'app.example:80', [], false],
    ['http://app.example', 'app.example:443', [], false],
    ['https://app.example', 'app.example:4443', [], false],
    ['app+shell://app.example', 'app.example:443', [], false],
    ['https://evil.example', 'app.example', [], false],
    ['https://evil.example/app.example', 'app.example', [], false],
    ['null', 'app.example', [], false],
    ['https://app.example', undefined, [], false],
    ['https://shop.example', 'app.example', ['https://shop.example'], true],
    ['https://SHOP.example', 'app.example', ['https://shop.example'], true],
    ['https://app.example', 'app.example', ['https://shop.example'], false],
    ['http://shop.example', 'app.example', ['https://shop.example'], false],
    ['https://any.example', 'app.example', ['*'], true],
  ])('%s at %s with %j is allowed: %s', (origin, host, allowed, isAllowed) => {
    expect(isOriginAllowed(origin, host, allowed)).toBe(isAllowed);
  });
});
