import type { KittiwakeOptions } from '../options.js';
import { loadSettings } from './load-settings.js';
import { maskedSettings } from './masked-settings.js';

const OPTIONS = {
  server: { host: '0.0.0.0', port: 0, tls: { certFile: 'a.pem', keyFile: 'b.pem' } },
  services: {
    books: {
      extraFields: ['a'],
      authorizer: 'http://aladdin:sesame@api/a',
      authorizationRenewalPeriod: '90s',
      headers: { 'X-Api-Key': 'sesame', Accept: '*/*' },
    },
    news: {},
  },
  auth: {
    ticket: { url: 'http://api/t?token=sesame', headers: { 'X-Api-Key': 'sesame' } },
    jwt: { algorithms: ['HS256'], secret: 'sesame'.repeat(6) },
  },
  callbacks: { timeout: '1500ms', maxResponseBytes: 1_000 },
  broker: {
    kind: 'redis',
    redis: {
      url: 'redis://:sesame@h/1',
      sentinels: ['a:1'],
      sentinelName: 'main',
      sentinelPassword: 'sesame',
    },
    redisAlt: { url: 'rediss://kittiwake:sesame@h/2' },
  },
  publish: { apiKeys: ['open-sesame-open', 'open-sesame-shut'] },
} satisfies KittiwakeOptions;

describe('masked settings', () => {
  it('have the shape of the file, with the defaults', () => {
    expect(maskedSettings(loadSettings(OPTIONS))).toMatchObject({
      server: { host: '0.0.0.0', port: 0, trustProxy: false, tls: { certFile: 'a.pem', keyFile: 'b.pem' } },
      callbacks: { timeout: '1500ms', wait: '3s', maxResponseBytes: '1000B', redirectOrigins: [] },
      limits: { frameBytes: '1MiB', idle: '0s', eventsPerSecond: 5_000 },
      services: { books: { authorizationRenewalPeriod: '90s', extraFields: ['a'] }, news: { headers: {} } },
    });
  });

  it('have *** in the place of secrets', () => {
    const masked = maskedSettings(loadSettings(OPTIONS));
    expect(masked).toMatchObject({
      services: {
        books: { authorizer: 'http://aladdin:***@api/a', headers: { 'X-Api-Key': '***', Accept: '***' } },
      },
      auth: {
        ticket: { url: 'http://api/t?token=***', headers: { 'X-Api-Key': '***' } },
        jwt: { algorithms: ['HS256'], secret: '***' },
      },
      broker: {
        redis: { url: 'redis://:***@h/1', sentinelPassword: '***' },
        redisAlt: { url: 'rediss://kittiwake:***@h/2' },
      },
      publish: { apiKeys: ['***', '***'] },
    });
    expect(JSON.stringify(masked)).not.toContain('sesame');
  });

  it('leave out what has no value', () => {
    const masked = maskedSettings(loadSettings({}));
    expect(masked.auth).toEqual({
      identityField: 'user_id',
      revocationTtl: '576h',
      maxRevocations: 100_000,
      deadline: '1m',
      maxFailures: 5,
      maxFailuresPerAddress: 1_000,
    });
    expect(masked.broker).not.toHaveProperty('redisAlt');
    expect(masked.server).toEqual({
      host: '127.0.0.1',
      port: 9000,
      workers: 1,
      workerTimeout: '10s',
      trustProxy: false,
    });
  });

  it('load again to the same settings where there are no secrets', () => {
    const { server, callbacks } = OPTIONS;
    const settings = loadSettings({ server, callbacks, services: { news: { heartbeatPeriod: '90s' } } });
    expect(loadSettings(maskedSettings(settings))).toEqual(settings);
  });
});
