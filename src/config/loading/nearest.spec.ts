import { nearest } from './nearest.js';

describe('what was probably meant', () => {
  it.each([
    ['timeot', 'timeout'],
    ['tmieout', 'timeout'],
    ['timeoutMs', 'timeout'],
    ['TIMEOUT', 'timeout'],
    ['max_body_bytes', 'maxBodyBytes'],
    ['max-body-bytes', 'maxBodyBytes'],
    ['requireAuthentification', 'requireAuthentication'],
  ])('takes %s for %s', (word, expected) => {
    expect(nearest(word, ['wait', 'timeout', 'maxBodyBytes', 'requireAuthentication'])).toBe(expected);
  });

  it('takes the nearest of several', () => {
    expect(nearest('porrt', ['part', 'port', 'ports'])).toBe('port');
  });

  it.each(['colour', 'x', ''])('makes no guess for %j', (word) => {
    expect(nearest(word, ['url', 'on', 'timeout'])).toBeUndefined();
  });
});
