import { isOriginAllowed } from './origin.js';

describe('the origin of a handshake', () => {
  it.each([
    [undefined, 'app.example', [], true],
    ['https://app.example', 'app.example', [], true],
    ['https://app.example:8443', 'app.example:8443', [], true],
    ['https://APP.example', 'app.EXAMPLE', [], true],
    ['https://app.example:8443', 'app.example', [], false],
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
