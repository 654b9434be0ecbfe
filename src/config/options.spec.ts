import { loadSettings } from './loading/load-settings.js';
import type { KittiwakeOptions } from './options.js';

/** Compiles only when both types are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

type Section<Key extends keyof KittiwakeOptions> = NonNullable<KittiwakeOptions[Key]>;
type ServiceOptions = Section<'services'>[string];

describe('the type of the options', () => {
  it('takes durations as texts, sizes as either, and everything as optional', () => {
    const types: [
      Same<Section<'callbacks'>['timeout'], string | undefined>,
      Same<Section<'limits'>['frameBytes'], number | string | undefined>,
      Same<Section<'server'>['port'], number | undefined>,
      Same<Section<'server'>['trustProxy'], boolean | undefined>,
      Same<Section<'broker'>['kind'], 'memory' | 'redis' | undefined>,
      Same<KittiwakeOptions['origins'], readonly string[] | undefined>,
      Same<ServiceOptions['heartbeatPeriod'], string | undefined>,
      Same<ServiceOptions['headers'], Readonly<Record<string, string>> | undefined>,
      Same<NonNullable<Section<'auth'>['jwt']>['jwksCacheMaxAge'], string | undefined>,
      Same<NonNullable<Section<'broker'>['redisAlt']>['pingTimeout'], string | undefined>,
    ] = [true, true, true, true, true, true, true, true, true, true];
    expect(types).not.toContain(false);
  });

  it('takes what the loader takes', () => {
    const options: KittiwakeOptions = {
      server: { port: 0, tls: { certFile: 'a.pem', keyFile: 'b.pem' }, host: undefined },
      services: {
        books: { authorizer: 'http://api/a', authorizationRenewalPeriod: '5m', headers: { 'X-A': 'b' } },
      },
      auth: { jwt: { algorithms: ['HS256'], secret: 'sesame'.repeat(6), fields: { user_id: 'sub' } } },
      limits: { frameBytes: '64KiB', inboxBytes: 65_536 },
      broker: { kind: 'redis', redisAlt: { tls: { rejectUnauthorized: false } } },
    };
    expect(loadSettings(options).services.get('books')?.authorizationRenewalPeriodMs).toBe(300_000);
  });

  const wrong: KittiwakeOptions[] = [
    // @ts-expect-error an unknown section
    { callback: {} },
    // @ts-expect-error an unknown key
    { callbacks: { timeoutSeconds: 15 } },
    // @ts-expect-error the field of the settings, not the key
    { callbacks: { timeoutMs: 15_000 } },
    // @ts-expect-error a duration without a unit
    { callbacks: { timeout: 15 } },
    // @ts-expect-error a number as text
    { server: { port: '9000' } },
    // @ts-expect-error a word that is none of those
    { broker: { kind: 'kafka' } },
    // @ts-expect-error an algorithm that is none
    { auth: { jwt: { algorithms: ['none'], secret: 'sesame' } } },
    // @ts-expect-error a text for a list
    { origins: 'https://app.example.com' },
    // @ts-expect-error a list for a map
    { services: [{ authorizer: 'http://api/a' }] },
    // @ts-expect-error an unknown key of a service
    { services: { books: { onMesage: 'http://api/a' } } },
    // @ts-expect-error a header that is not a text
    { services: { books: { headers: { 'X-A': 5 } } } },
    // @ts-expect-error part of what is shared by no section
    { metrics: { timeout: '5s' } },
  ];

  it.each(wrong.map((options) => [options]))('refuses what the loader refuses: %j', (options) => {
    expect(() => loadSettings(options)).toThrow('The configuration cannot be used');
  });
});
