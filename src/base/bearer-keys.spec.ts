import { BearerKeys, hashedKey, isHashedKey } from './bearer-keys.js';

const KEY = 'a-key-of-sixteen-or-more';

describe('keys of bearers', () => {
  it('are found as they are written, or by their hash', () => {
    const keys = new BearerKeys([
      [KEY, 'plain'],
      [hashedKey('another'), 'hashed'],
      [hashedKey('third').toUpperCase().replace('SHA256', 'sha256'), 'upper'],
    ]);
    expect(keys.find(`Bearer ${KEY}`)).toBe('plain');
    expect(keys.find('bearer  another ')).toBe('hashed');
    expect(keys.find('Bearer third')).toBe('upper');
  });

  it.each([
    undefined,
    '',
    'Bearer',
    KEY,
    `Basic ${KEY}`,
    `Bearer ${KEY}x`,
    `Bearer ${KEY.toUpperCase()}`,
    `Bearer ${hashedKey('another')}`,
    `Bearer x ${KEY}`,
  ])('are not found in %j', (authorization) => {
    const keys = new BearerKeys([
      [KEY, 1],
      [hashedKey('another'), 2],
    ]);
    expect(keys.find(authorization)).toBeUndefined();
  });

  it('have hashes that sha256sum makes', () => {
    const hash = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(hashedKey('abc')).toBe(hash);
    expect([hash, `${hash}0`, hash.slice(7), 'sha256:abc'].map(isHashedKey)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
