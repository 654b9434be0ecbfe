import { isSectionKind } from '../kinds/kind.js';
import { placedSettings } from '../loading/schema.js';
import { describeSettings } from './describe-settings.js';

describe('the description of the settings', () => {
  it.each([
    [
      'server.port',
      { env: 'KITTIWAKE_PORT', kind: 'integer 0-65535', default: 9000, secret: false, isRequired: false },
    ],
    ['callbacks.timeout', { env: 'KITTIWAKE_CALLBACKS_TIMEOUT', kind: 'duration', default: '15s' }],
    ['limits.frameBytes', { env: 'KITTIWAKE_LIMITS_FRAME_BYTES', kind: 'size', default: '1MiB' }],
    ['publish.apiKeys', { env: 'KITTIWAKE_PUBLISH_API_KEYS', kind: 'key list', default: [], secret: true }],
    ['services', { env: undefined, kind: 'map of sections', default: undefined, isRequired: false }],
    ['services.<name>.authorizer', { env: undefined, kind: 'URL', default: undefined, isRequired: false }],
    ['auth.jwt', { env: undefined, kind: 'section', default: undefined, isRequired: false }],
    [
      'auth.jwt.algorithms',
      { env: 'KITTIWAKE_AUTH_JWT_ALGORITHMS', kind: 'algorithm list', isRequired: true },
    ],
    ['broker.redisAlt.tls.caFile', { env: 'KITTIWAKE_BROKER_REDIS_ALT_TLS_CA_FILE', kind: 'file' }],
  ])('tells of %s', (key, expected) => {
    expect(describeSettings().find((setting) => setting.key === key)).toMatchObject(expected);
  });

  it('names a key once', () => {
    const keys = describeSettings().map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('says something of every setting, in sentences', () => {
    for (const { about } of describeSettings()) expect(about).toMatch(/^[A-Z`].*\.$/);
  });
});

describe('the fields of the settings', () => {
  const fields = placedSettings().map(({ setting }) => setting);

  it('end in Ms when they are durations, and only then', () => {
    for (const { field, kind } of fields)
      expect([field, kind.name === 'duration']).toEqual([field, field.endsWith('Ms')]);
  });

  it('end in Bytes when they are sizes, and only then', () => {
    for (const { field, kind } of fields)
      expect([field, kind.name === 'size']).toEqual([field, field.endsWith('Bytes')]);
  });

  it('are secret when they are called so', () => {
    for (const { field, kind, secret = false } of fields) {
      if (isSectionKind(kind) || kind.name === 'true, false') continue;
      expect([field, secret]).toEqual([
        field,
        kind.name === 'key' || /secret|password|apiKeys|^headers$/i.test(field),
      ]);
    }
  });
});
