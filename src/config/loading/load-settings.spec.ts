import { ConfigurationError } from '../configuration-error.js';
import type { KittiwakeOptions } from '../options.js';
import { Settings } from '../settings.js';
import { loadSettings } from './load-settings.js';
import { placedSettings } from './schema.js';

/** The lines that loading ends with; none when it succeeds. */
function problemsOf(options: unknown): readonly string[] {
  try {
    loadSettings(options);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** `{ a: { b: value } }` for `a.b`. */
function optionsWith(path: string, value: unknown): Record<string, object> {
  const options = path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return options as Record<string, object>;
}

const JWT = { algorithms: ['HS256'], secret: 'sesame'.repeat(6) };
const PEM = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----';

describe('settings without options', () => {
  it.each([[undefined], [null], [{}]])('are the defaults for %p', (options) => {
    expect(loadSettings(options)).toEqual(new Settings());
  });

  it('are as documented', () => {
    expect(loadSettings({})).toMatchObject({
      server: { host: '127.0.0.1', port: 9000, tls: undefined, trustProxy: false },
      log: { level: 'info', format: 'auto' },
      topics: { path: '/ws' },
      services: new Map(),
      auth: {
        ticket: undefined,
        jwt: undefined,
        deadlineMs: 60_000,
        maxFailures: 5,
        maxFailuresPerAddress: 1_000,
      },
      callbacks: {
        timeoutMs: 15_000,
        tries: 3,
        waitMs: 3_000,
        rateLimitHeaders: ['X-Rate-Limit-Reset'],
        caFile: undefined,
        maxResponseBytes: 1_048_576,
        connections: 64,
        redirectOrigins: [],
      },
      broker: {
        kind: 'memory',
        onLoss: 'disconnect',
        redis: {
          url: 'redis://127.0.0.1:6379',
          prefix: '',
          pingIntervalMs: 10_000,
          pingTimeoutMs: 5_000,
          connectTimeoutMs: 10_000,
          sentinels: [],
          sentinelName: undefined,
          sentinelPassword: undefined,
          clusterNodes: [],
          tls: undefined,
        },
        redisAlt: undefined,
      },
      publish: {
        apiKeys: [],
        maxBodyBytes: 1_048_576,
        maxBatch: 1_000,
        enabled: true,
        path: '/publish',
        triggerPath: '/trigger',
      },
      origins: [],
      limits: {
        frameBytes: 1_048_576,
        inboxBytes: 2_097_152,
        outboxBytes: 4_194_304,
        connections: 0,
        connectionsPerAddress: 0,
        subscriptionsPerSession: 10_000,
        eventsPerSecond: 5_000,
        idleMs: 0,
        handshakeTimeoutMs: 10_000,
      },
      ping: { intervalMs: 15_000, timeoutMs: 15_000 },
      health: { enabled: true, livePath: '/health/live', readyPath: '/health/ready' },
      operators: { enabled: true, port: undefined, host: '127.0.0.1', path: undefined },
      metrics: { enabled: true, maxAgeMs: 1_000, socketsharkNames: false },
      shutdown: { spreadMs: 5_000, timeoutMs: 30_000 },
    });
  });

  it('are not shared between two loads', () => {
    expect(loadSettings({}).broker.redis).not.toBe(loadSettings({}).broker.redis);
  });
});

describe('settings with options', () => {
  it('read durations as milliseconds and sizes as bytes', () => {
    const settings = loadSettings({
      callbacks: { timeout: '1.5s', wait: '0s', maxResponseBytes: '64KiB' },
      limits: { frameBytes: 1_000, outboxBytes: '8MiB' },
    } satisfies KittiwakeOptions);
    expect(settings.callbacks).toMatchObject({
      timeoutMs: 1_500,
      waitMs: 0,
      maxResponseBytes: 65_536,
      tries: 3,
    });
    expect(settings.limits).toMatchObject({
      frameBytes: 1_000,
      outboxBytes: 8_388_608,
      inboxBytes: 2_097_152,
    });
  });

  it('give each service the defaults of a service', () => {
    const { services } = loadSettings({
      services: { empty: {}, blank: null, books: { heartbeatPeriod: '1m' } },
    });
    expect([...services.keys()]).toEqual(['empty', 'blank', 'books']);
    expect(services.get('blank')).toEqual(services.get('empty'));
    expect(services.get('books')).toMatchObject({
      requireAuthentication: true,
      extraFields: [],
      filterFields: [],
      authorizerFields: [],
      authorizationRenewalPeriodMs: undefined,
      authorizationRenewalJitterMs: 0,
      heartbeatPeriodMs: 60_000,
      headers: {},
    });
  });

  it('do not know services that all objects inherit', () => {
    const { services } = loadSettings(JSON.parse('{"services": {"__proto__": {}}}'));
    expect([...services.keys()]).toEqual(['__proto__']);
    expect(services.get('constructor')).toBeUndefined();
  });

  it('have an optional section only when it was given', () => {
    expect(loadSettings({ broker: { kind: 'redis', redisAlt: {} } }).broker.redisAlt).toMatchObject({
      url: 'redis://127.0.0.1:6379',
    });
    expect(loadSettings({ broker: { redisAlt: null } }).broker.redisAlt).toBeUndefined();
    expect(loadSettings({ broker: { kind: 'redis', redis: { tls: {} } } }).broker.redis.tls).toMatchObject({
      rejectUnauthorized: true,
    });
    expect(loadSettings({ auth: { jwt: JWT } }).auth.jwt).toMatchObject({
      ...JWT,
      jwksCacheMaxAgeMs: 600_000,
      jwksCooldownMs: 30_000,
      jwksStaleIfErrorMs: 3_600_000,
      clockToleranceMs: 5_000,
      fields: { user_id: 'sub' },
    });
  });

  it('take null and undefined as not set', () => {
    expect(loadSettings({ server: { host: null, port: undefined }, callbacks: null, origins: null })).toEqual(
      new Settings(),
    );
  });

  it.each([
    ['server.host', '0.0.0.0'],
    ['server.host', '::1'],
    ['server.port', 0],
    ['topics.path', '*'],
    ['topics.path', '/'],
    ['log.level', 'silent'],
    ['origins', ['*', 'https://app.example.com', 'http://localhost:3000', 'capacitor://localhost']],
    ['origins', ['https://*.example.com', 'http://*.localhost:3000', 'https://*.shop.example.com:8443']],
    ['callbacks.redirectOrigins', ['https://api.example.com:8443']],
    ['callbacks.rateLimitHeaders', []],
    ['services.books.authorizer', 'http+unix://aladdin:sesame@%2Frun%2Fapi.sock/authorize'],
    ['services.books.authorizer', 'https://aladdin:sesame@api.internal/authorize?a=b'],
    ['services.books.headers', { 'X-Api-Key': '', Accept: 'é' }],
    ['broker.redis.url', 'rediss://user:sesame@redis.example.com:6380/2'],
    ['broker.redis.clusterNodes', ['redis-1:6379', '[::1]:6379', '10.0.0.1:65535']],
    ['publish.apiKeys', ['0123456789abcdef', 'a-key/with+signs=_~.!']],
    ['auth.jwt', { algorithms: ['RS256', 'EdDSA'], publicKey: PEM }],
    ['auth.jwt', { algorithms: ['ES256'], jwksUrl: 'https://id.example.com/jwks' }],
    ['auth.jwt', { algorithms: ['ES256'], publicKeyFile: '/run/key.pem' }],
    ['services.books', { authorizationRenewalPeriod: '10s', authorizationRenewalJitter: '10s' }],
    ['services.books', { authorizationRenewalJitter: '10s' }],
    ['broker.redis.url', 'unix:///run/redis.sock'],
    ['broker.redis.url', 'unix://user:password@/run/redis.sock'],
    ['broker.redis', { sentinels: ['s1:26379'], sentinelName: 'main', sentinelPassword: 'sesame' }],
  ])('accept %s = %j', (path, value) => {
    const options = optionsWith(path, value);
    const broker = options['broker'] && { broker: { kind: 'redis', ...options['broker'] } };
    expect(problemsOf({ ...options, ...broker })).toEqual([]);
  });
});

describe('a value that a setting cannot have', () => {
  const DURATION = 'a duration such as 15s or 500ms, from 1ms to 576h';
  const SIZE = 'a size in bytes such as 65536, 64KiB or 1MiB, from 1B to 1GiB';
  const URL_TEXT = 'a URL such as https://api.internal/authorize or http+unix://%2Frun%2Fapi.sock/authorize';
  const ORIGIN =
    'an origin such as https://app.example.com, without a path, https://*.example.com for those below a domain, or * for any';
  const SERVICE = 'a service name: not empty and without a dot';

  it.each([
    ['server.port', 70_000, 'found 70000, expected a whole number from 0 to 65535'],
    ['server.port', -1, 'found -1, expected a whole number from 0 to 65535'],
    ['server.port', 1.5, 'found 1.5, expected a whole number from 0 to 65535'],
    ['server.port', '9000', 'found "9000", expected a whole number from 0 to 65535'],
    ['server.host', '', 'found "", expected a host name or an address such as 127.0.0.1'],
    ['server.host', 'http://x', 'found "http://x", expected a host name or an address such as 127.0.0.1'],
    ['server.trustProxy', 'yes', 'found "yes", expected true or false'],
    ['server.trustProxy', 1, 'found 1, expected true or false'],
    [
      'log.level',
      'verbose',
      'found "verbose", expected one of silent, fatal, error, warn, info, debug, trace',
    ],
    ['log.level', ['info'], 'found a list, expected one of silent, fatal, error, warn, info, debug, trace'],
    ['topics.path', 'ws', 'found "ws", expected a path such as /ws, or * for every path'],
    ['topics.path', '/ws?a', 'found "/ws?a", expected a path such as /ws, or * for every path'],
    ['callbacks.timeout', '15 s', `found "15 s", expected ${DURATION}`],
    ['callbacks.timeout', '0s', `found "0s", expected ${DURATION}`],
    ['callbacks.timeout', '577h', `found "577h", expected ${DURATION}`],
    ['callbacks.timeout', ['15s'], `found a list, expected ${DURATION}`],
    ['callbacks.maxResponseBytes', '64KB', `found "64KB", expected ${SIZE}`],
    ['callbacks.maxResponseBytes', 0, `found 0, expected ${SIZE}`],
    ['callbacks.maxResponseBytes', 0.5, `found 0.5, expected ${SIZE}`],
    ['callbacks.maxResponseBytes', '2GiB', `found "2GiB", expected ${SIZE}`],
    [
      'callbacks.rateLimitHeaders',
      'X-A',
      'found "X-A", expected a list, each a header name such as X-Api-Version',
    ],
    ['services.books.authorizer', 'api.internal', `found "api.internal", expected ${URL_TEXT}`],
    ['services.books.authorizer', 'ftp://x/y', `found "ftp://x/y", expected ${URL_TEXT}`],
    ['services.books.authorizer', 'http+unix://run/a', `found "http+unix://run/a", expected ${URL_TEXT}`],
    ['services.books.authorizer', 5, `found 5, expected ${URL_TEXT}`],
    ['services.books.extraFields', '', 'found "", expected a list, each a text that is not empty'],
    [
      'services.books.slowConsumer',
      'wait',
      'found "wait", expected one of disconnect, drop-oldest, conflate',
    ],
    [
      'services.books.conflateKey',
      'id',
      'found "id", expected topic, orderKey, or data. and the name of a member of the data',
    ],
    [
      'services.books.conflateKey',
      'data.id',
      'found "data.id", expected none unless slowConsumer is conflate',
    ],
    ['services.books.heartbeatPeriod', '0s', `found "0s", expected ${DURATION}`],
    [
      'services.books.headers',
      'x',
      'found ***, expected a map: a header name such as X-Api-Version to a header value: a text of Latin-1 characters on one line',
    ],
    ['services', ['books'], 'found a list, expected a map of names to sections'],
    ['services', { 'books.new': {} }, `found "books.new", expected ${SERVICE}`],
    ['services', { '': {} }, `found "", expected ${SERVICE}`],
    ['services.books', 'http://api', 'found a string, expected a section of settings'],
    ['callbacks', 'sesame', 'found a string, expected a section of settings'],
    ['callbacks', [], 'found an empty list, expected a section of settings'],
    ['callbacks', false, 'found a boolean, expected a section of settings'],
    ['origins', 'https://a', `found "https://a", expected a list, each ${ORIGIN}`],
    [
      'callbacks.redirectOrigins',
      { a: 1 },
      'found a map, expected a list, each an origin such as https://api.example.com, without a path',
    ],
    ['auth.ticket', { url: 'http://a/b', fields: [] }, undefined],
    ['broker.kind', 'kafka', 'found "kafka", expected one of memory, redis'],
    [
      'broker.redis.url',
      'http://h',
      'found "http://h", expected a URL such as redis://:password@127.0.0.1:6379/0, rediss://redis.example.com or unix:///run/redis.sock',
    ],
    ['publish.maxBatch', 0, 'found 0, expected a whole number from 1 to 100000'],
    ['limits.connections', -5, 'found -5, expected a whole number from 0 to 1000000000'],
  ])('is told: %s = %j', (path, value, expected) => {
    const line =
      expected === undefined
        ? 'auth.ticket.fields: found an empty list, expected a list of at least one, each a text that is not empty'
        : `${path}: ${expected}`;
    expect(problemsOf(optionsWith(path, value))).toEqual([line]);
  });

  it.each([
    [15, '15', '15s for seconds, 15ms for milliseconds'],
    ['15', '"15"', '15s for seconds, 15ms for milliseconds'],
    ['1.5', '"1.5"', '1.5s for seconds, 1.5ms for milliseconds'],
    [0, '0', '0s for seconds, 0ms for milliseconds'],
  ])('is told to get a unit: %j', (value, found, hint) => {
    expect(problemsOf({ callbacks: { timeout: value } })).toEqual([
      `callbacks.timeout: found ${found}, expected ${DURATION}; add a unit: ${hint}`,
    ]);
  });

  it.each([
    [
      'origins',
      ['https://a.example', 'https://b.example/', 5],
      [
        `origins[1]: found "https://b.example/", expected ${ORIGIN}`,
        `origins[2]: found 5, expected ${ORIGIN}`,
      ],
    ],
    [
      'origins',
      ['https://A.example', 'https://a.example:443', 'a.example', 'null'],
      [
        `origins[0]: found "https://A.example", expected ${ORIGIN}`,
        `origins[1]: found "https://a.example:443", expected ${ORIGIN}`,
        `origins[2]: found "a.example", expected ${ORIGIN}`,
        `origins[3]: found "null", expected ${ORIGIN}`,
      ],
    ],
    [
      'callbacks.redirectOrigins',
      ['*'],
      [
        'callbacks.redirectOrigins[0]: found "*", expected an origin such as https://api.example.com, without a path',
      ],
    ],
    [
      'broker.redis.clusterNodes',
      ['redis-1', 'redis-2:0', 'redis-3:65536', '::1:6379'],
      [
        'broker.redis.clusterNodes[0]: found "redis-1", expected a host and port such as redis-1:6379',
        'broker.redis.clusterNodes[1]: found "redis-2:0", expected a host and port such as redis-1:6379',
        'broker.redis.clusterNodes[2]: found "redis-3:65536", expected a host and port such as redis-1:6379',
        'broker.redis.clusterNodes[3]: found "::1:6379", expected a host and port such as redis-1:6379',
      ],
    ],
    [
      'services.books.filterFields',
      ['a', null, ''],
      [
        'services.books.filterFields[1]: found null, expected a text that is not empty',
        'services.books.filterFields[2]: found "", expected a text that is not empty',
      ],
    ],
    [
      'services.books.headers',
      { 'X A': '1', 'X-B': 'a\nb', 'X-C': 5, 'X-D': 'fine' },
      [
        'services.books.headers: found "X A", expected a header name such as X-Api-Version',
        'services.books.headers.X-B: found ***, expected a header value: a text of Latin-1 characters on one line',
        'services.books.headers.X-C: found ***, expected a header value: a text of Latin-1 characters on one line',
      ],
    ],
    [
      'auth.jwt',
      { ...JWT, fields: { user_id: 5 } },
      ['auth.jwt.fields.user_id: found 5, expected a text that is not empty'],
    ],
  ])('is told in its place in a list or map: %s = %j', (path, value, expected) => {
    expect(problemsOf(optionsWith(path, value))).toEqual(expected);
  });

  it('is told for the options as a whole', () => {
    expect(problemsOf('sesame')).toEqual([
      'the configuration: found a string, expected a section of settings',
    ]);
    expect(problemsOf([])).toEqual([
      'the configuration: found an empty list, expected a section of settings',
    ]);
  });
});

describe('a setting that is missing', () => {
  it.each([
    ['server.tls', { certFile: 'a.pem' }, 'server.tls.keyFile: missing, expected the path of a file'],
    ['server.tls', { keyFile: 'a.pem' }, 'server.tls.certFile: missing, expected the path of a file'],
    [
      'auth.ticket',
      {},
      'auth.ticket.url: missing, expected a URL such as https://api.internal/authorize or http+unix://%2Frun%2Fapi.sock/authorize',
    ],
    [
      'auth.jwt',
      { secret: 'sesame' },
      'auth.jwt.algorithms: missing, expected a list of at least one, each one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA',
    ],
  ])('is told: %s = %j', (path, value, expected) => {
    expect(problemsOf(optionsWith(path, value))).toEqual([expected]);
  });
});

describe('an unknown key', () => {
  it.each([
    [{ callback: {} }, 'callback: unknown key, did you mean callbacks?'],
    [
      { metrics: { port: 9100 } },
      'metrics.port: has become operators.port (KITTIWAKE_OPERATORS_PORT): metrics have their place among the endpoints for operators',
    ],
    [
      { publish: { path: '/health/live' } },
      'health.livePath: found /health/live, expected a path apart from publish.path, /health/live',
    ],
    [
      { publish: { path: '/ws/stream/x' } },
      'publish.path: found /ws/stream/x, expected a path apart from topics.stream, /ws/stream',
    ],
    [
      { rooms: {}, publish: { triggerPath: '/publish' } },
      'publish.triggerPath: found /publish, expected a path apart from publish.path, /publish',
    ],
    [
      { services: { a: { history: {} } }, publish: { path: '/history' } },
      'publish.historyPath: found /history, expected a path apart from publish.path, /history',
    ],
    [
      { services: { a: { onGap: 'http://a/' } } },
      'services.a.onGap: found a URL, expected none without history: nothing is asked then',
    ],
    [
      { operators: { path: '/ops' }, health: { readyPath: '/ops/ready' } },
      'operators.path: found /ops, expected a path apart from health.readyPath, /ops/ready',
    ],
    [
      { operators: { path: '/kittiwake' }, clientScript: { path: '/kittiwake/status' } },
      'operators.path: found /kittiwake/status, expected a path apart from clientScript.path, /kittiwake/status',
    ],
    [{ callbacks: { timeoutMs: 5 } }, 'callbacks.timeoutMs: unknown key, did you mean timeout?'],
    [
      { services: { books: { require_authentication: false } } },
      'services.books.require_authentication: unknown key, did you mean requireAuthentication?',
    ],
    [{ ping: { colour: 'red' } }, 'ping.colour: unknown key, expected one of interval, timeout'],
    [
      JSON.parse('{"ping": {"__proto__": {"interval": "1s"}}}'),
      'ping.__proto__: unknown key, expected one of interval, timeout',
    ],
    [
      { auth: { jwt: { ...JWT, key: 'sesame' } } },
      'auth.jwt.key: unknown key, expected one of algorithms, secret, publicKey, publicKeyFile, jwksUrl, jwksCacheMaxAge, jwksCooldown, jwksStaleIfError, audience, issuer, fields, requireExpiry, clockTolerance',
    ],
  ])('is told with what was meant: %j', (options, expected) => {
    expect(problemsOf(options)).toEqual([expected]);
  });

  it('is not looked for in what objects inherit', () => {
    const inherited: unknown = Object.create({ server: { port: 1 } });
    expect(loadSettings(inherited).server.port).toBe(9000);
  });
});

describe('settings that do not agree', () => {
  const SOURCES = 'exactly one of secret, publicKey, publicKeyFile, jwksUrl';

  it.each([
    [{ algorithms: ['HS256'] }, `auth.jwt: found no key, expected ${SOURCES}`],
    [{ ...JWT, jwksUrl: 'https://a/b' }, `auth.jwt: found secret and jwksUrl, expected ${SOURCES}`],
    [
      { algorithms: ['RS256'], publicKey: PEM, publicKeyFile: 'a' },
      `auth.jwt: found publicKey and publicKeyFile, expected ${SOURCES}`,
    ],
    [
      { algorithms: ['HS256', 'RS256', 'EdDSA'], secret: 'sesame' },
      'auth.jwt.algorithms: found RS256, EdDSA, expected only HS algorithms with a secret',
    ],
    [
      { algorithms: ['RS256', 'HS512'], publicKey: PEM },
      'auth.jwt.algorithms: found HS512, expected no HS algorithm with a public key',
    ],
    [
      { algorithms: ['HS256'], jwksUrl: 'https://a/b' },
      'auth.jwt.algorithms: found HS256, expected no HS algorithm with a public key',
    ],
    [
      { algorithms: ['HS256'], publicKeyFile: 'a.pem' },
      'auth.jwt.algorithms: found HS256, expected no HS algorithm with a public key',
    ],
  ])('stop the start: auth.jwt = %j', (jwt, expected) => {
    expect(problemsOf({ auth: { jwt } })).toContain(expected);
  });

  it('stop the start when a renewal could be due before now', () => {
    const books = { authorizationRenewalPeriod: '10s', authorizationRenewalJitter: '11s' };
    expect(problemsOf({ services: { books } })).toEqual([
      'services.books.authorizationRenewalJitter: found 11s, expected at most authorizationRenewalPeriod, which is 10s',
    ]);
  });

  it.each([
    [
      { sentinels: ['a:1'], sentinelName: 'main', clusterNodes: ['b:1'] },
      ': found sentinels and clusterNodes, expected at most one of them',
    ],
    [
      { sentinels: ['a:1'] },
      '.sentinelName: found none, expected the name by which the sentinels know the server',
    ],
    [{ sentinelName: 'main' }, '.sentinels: found none, expected at least one sentinel for sentinelName'],
    [
      { url: 'unix:///run/redis.sock', tls: {} },
      '.url: found a Unix socket, expected redis:// or rediss:// with sentinels, clusterNodes or tls',
    ],
    [{ tls: { certFile: 'a.pem' } }, '.tls.keyFile: found none, expected the private key of certFile'],
    [{ tls: { keyFile: 'a.pem' } }, '.tls.certFile: found none, expected the certificate of keyFile'],
    [{ partitions: 64 }, '.clusterNodes: found none, expected at least one node of a cluster for partitions'],
    [
      { partitions: 64, clusterNodes: ['a:1'], prefix: 'live{' },
      '.prefix: found "live{", expected no brace in it, with partitions',
    ],
  ])('stop the start in both Redis: %j', (redis, expected) => {
    expect(problemsOf({ broker: { redis } })).toEqual([`broker.redis${expected}`]);
    expect(problemsOf({ broker: { redisAlt: redis } })).toEqual([`broker.redisAlt${expected}`]);
  });

  it('are not compared while one of them is wrong by itself', () => {
    expect(problemsOf({ auth: { jwt: { algorithms: 'RS256', secret: 'sesame' } } })).toHaveLength(1);
  });
});

describe('JWT algorithms', () => {
  it.each(['none', 'None', 'hs256', 'HS1', ''])('refuse %j', (algorithm) => {
    expect(problemsOf({ auth: { jwt: { algorithms: [algorithm], secret: 'sesame' } } })).toEqual([
      `auth.jwt.algorithms[0]: found ${JSON.stringify(algorithm)}, expected one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA`,
    ]);
  });
});

describe('secrets', () => {
  it.each([
    ['publish.apiKeys', ['open sesame open sesame']],
    ['publish.apiKeys', ['sesame']],
    ['publish.apiKeys', 'sesame'],
    ['publish.apiKeys', { key: 'sesame' }],
    ['publish', 'sesame'],
    ['auth.jwt', { algorithms: ['HS256'], secret: ['sesame'] }],
    ['auth.jwt', 'sesame'],
    ['auth.jwt', { algorithms: ['RS256'], publicKey: '-----BEGIN PRIVATE KEY-----\nsesame' }],
    ['broker.redis.sentinelPassword', ['sesame']],
    ['broker.redis.url', 'rediss//:sesame@h'],
    ['broker.redis.url', 'redis://:ses/sesame@h:port'],
    ['auth.ticket', { url: 'ftp://aladdin:sesame@h' }],
    ['services.books.headers', { 'X-A': 'sesame\n' }],
    ['services.books.headers', { 'X-A': ['sesame'] }],
  ])('are not in the message: %s = %j', (path, value) => {
    const options = optionsWith(path, value);
    expect(() => loadSettings(options)).toThrow(ConfigurationError);
    expect(() => loadSettings(options)).not.toThrow('sesame');
  });

  it('are told to be too short', () => {
    expect(problemsOf({ publish: { apiKeys: ['0123456789abcdef', '0123456789abcde'] } })).toEqual([
      'publish.apiKeys[1]: found ***, expected a key of at least 16 letters, digits and signs, without spaces and commas, and not that of an example; or sha256: and the 64 hexadecimal digits of its hash',
    ]);
  });
});

describe('settings that start and cannot work, or open a door', () => {
  const WEAK_SIGNING = `whsec_${Buffer.alloc(23).toString('base64')}`;
  const STRONG_SIGNING = `whsec_${Buffer.alloc(24).toString('base64')}`;
  const KEY = { key: 'a-key-of-sixteen-or-more' };
  const RANDOM = 'such as openssl rand -hex 32 makes; allowWeakSecrets: true takes shorter ones';

  it.each([
    [{ origins: ['https://*.com'] }, 'origins[0]: found "https://*.com"'],
    [{ origins: ['https://*.1.2.3.4'] }, 'origins[0]: found "https://*.1.2.3.4"'],
    [{ origins: ['https://*'] }, 'origins[0]: found "https://*"'],
    [{ origins: ['*.example.com'] }, 'origins[0]: found "*.example.com"'],
    [{ origins: ['https://a.*.example.com'] }, 'origins[0]: found "https://a.*.example.com"'],
    [{ origins: ['https://*example.com'] }, 'origins[0]: found "https://*example.com"'],
    [{ origins: ['https://*.example.com/'] }, 'origins[0]: found "https://*.example.com/"'],
    [{ origins: ['https://*.example.com:443'] }, 'origins[0]: found "https://*.example.com:443"'],
    [{ origins: ['app://*.example.com'] }, 'origins[0]: found "app://*.example.com"'],
    [
      { broker: { redis: { url: 'redis://127.0.0.1:6379' } } },
      'broker.kind: found nothing, beside redis, expected redis; memory leaves it unused',
    ],
    [
      { broker: { redisAlt: {} } },
      'broker.kind: found nothing, beside redisAlt, expected redis; memory leaves it unused',
    ],
    [
      { auth: { jwt: { algorithms: ['HS256'], secret: 'abc' } } },
      `auth.jwt.secret: found 3 bytes, expected at least 32, ${RANDOM}`,
    ],
    [
      { procedures: { secret: '0123456789abcde' } },
      `procedures.secret: found 15 characters, expected at least 16, ${RANDOM}`,
    ],
    [
      { callbacks: { signingSecrets: [STRONG_SIGNING, WEAK_SIGNING] } },
      'callbacks.signingSecrets: found 23 bytes, expected at least 24 each, such as kittiwake key --signing makes; allowWeakSecrets: true takes shorter ones',
    ],
    ...[STRONG_SIGNING.slice(6), `${STRONG_SIGNING}x`, 'whsec_', 'whsec_not base64'].map(
      (secret): [KittiwakeOptions, string] => [
        { callbacks: { signingSecrets: [secret] } },
        'callbacks.signingSecrets[0]: found ***, expected a secret such as kittiwake key --signing makes: whsec_ and base64',
      ],
    ),
    [
      { publish: { keys: { app: { key: `sha256:${'0'.repeat(63)}` } } } },
      'publish.keys.app.key: found ***, expected a key of',
    ],
    [
      { callbacks: { breaker: { percent: 50 } } },
      'callbacks.breaker.percent: found 50, expected 0 unless failures is more than 0',
    ],
    [{ publish: { keys: { app: {} } } }, 'publish.keys.app.key: missing, expected a key of'],
    [
      { publish: { keys: { app: { ...KEY, may: ['disconnect'], services: ['books'] } } } },
      'publish.keys.app.may: found disconnect, expected none of connections, disconnect, unsubscribe and revoke with services or rooms',
    ],
    [
      { publish: { keys: { app: { ...KEY, may: ['fly'] } } } },
      'publish.keys.app.may[0]: found "fly", expected one of publish, trigger',
    ],
    [
      { procedures: { mockToken: true }, server: { host: '0.0.0.0' } },
      'procedures.mockToken: found true, with server.host 0.0.0.0, expected false, or server.host 127.0.0.1: anyone who can connect could call everything',
    ],
    [
      {
        services: { books: { history: {} }, plain: {} },
        broker: { kind: 'redis', redis: { clusterNodes: ['h:1'] } },
      },
      'broker.redis.partitions: found 0, and a history for books, expected at least 1, such as 64: in a cluster, histories need partitions',
    ],
    [
      {
        services: { books: { presence: {} } },
        rooms: { presence: {} },
        broker: { kind: 'redis', redis: { clusterNodes: ['h:1'] } },
      },
      'broker.redis.partitions: found 0, and presence for books, rooms, expected at least 1, such as 64: in a cluster, presence needs partitions',
    ],
    [
      { services: { books: { presence: {} } }, broker: { kind: 'redis' }, ledger: { kind: 'none' } },
      'ledger.kind: found none, and presence for books, expected redis: nobody would hear that a node is gone',
    ],
    [
      { services: { books: { presence: { max: 0 } } } },
      'services.books.presence.max: found 0, expected a whole number from 1 to 1000',
    ],
    [
      { services: { books: { presence: { grace: '2h' } } } },
      'services.books.presence.grace: found "2h", expected a duration',
    ],
    [
      { services: { books: { presence: { show: 'all' } } } },
      'services.books.presence.show: found "all", expected one of none, count, members',
    ],
    [
      { services: { books: { presence: {}, extraFields: ['presence'] } } },
      'services.books.extraFields: found "presence", expected names other than members of the protocol',
    ],
    [
      { history: { ingest: true } },
      'history.ingest: found true, with broker.kind memory, expected broker.kind redis',
    ],
    [{ publish: { apiKeys: ['change-me-to-a-long-random-key'] } }, 'publish.apiKeys[0]: found ***'],
  ])('stop the start: %j', (options, line) => {
    expect(problemsOf(options)).toEqual([expect.stringContaining(line)]);
  });

  it.each([
    { broker: { kind: 'memory', redis: { url: 'redis://h' } } },
    {
      services: { books: { history: {} } },
      broker: { kind: 'redis', redis: { clusterNodes: ['h:1'], partitions: 8 } },
    },
    {
      services: { books: { history: undefined } },
      broker: { kind: 'redis', redis: { clusterNodes: ['h:1'] } },
    },
    { services: { books: { presence: {} } }, broker: { kind: 'memory' }, ledger: { kind: 'none' } },
    { services: { books: { extraFields: ['presence'] } } },
    { auth: { jwt: { algorithms: ['HS256'], secret: 'abc' } }, allowWeakSecrets: true },
    { auth: { jwt: { algorithms: ['HS256'], secret: 'ö'.repeat(16) } } },
    { procedures: { secret: 'weak-key' }, allowWeakSecrets: true },
    { callbacks: { signingSecrets: [WEAK_SIGNING] }, allowWeakSecrets: true },
    { publish: { keys: { app: { ...KEY, may: ['read'], services: ['books'] } } } },
    { procedures: { secret: '0123456789abcdef' } },
    { procedures: { mockToken: true }, server: { host: '::1' } },
    { procedures: { mockToken: true }, server: { host: 'localhost' } },
  ])('are left to those who mean them: %j', (options) => {
    expect(problemsOf(options)).toEqual([]);
  });
});

describe('the message', () => {
  it('lists every problem', () => {
    const options = {
      server: { port: 'x' },
      callback: {},
      services: { a: { authorizer: 1 }, b: { onMesage: 'x' } },
    };
    expect(() => loadSettings(options)).toThrow(
      new ConfigurationError([
        'callback: unknown key, did you mean callbacks?',
        'server.port: found "x", expected a whole number from 0 to 65535',
        'services.a.authorizer: found 1, expected a URL such as https://api.internal/authorize or http+unix://%2Frun%2Fapi.sock/authorize',
        'services.b.onMesage: unknown key, did you mean onMessage?',
      ]),
    );
  });

  it('begins with what it is about, one line per problem below', () => {
    expect(new ConfigurationError(['a: b', 'c: d'])).toMatchObject({
      name: 'ConfigurationError',
      message: 'The configuration cannot be used:\n- a: b\n- c: d',
      problems: ['a: b', 'c: d'],
    });
  });
});

describe('values that no setting can have', () => {
  const settings = placedSettings()
    .filter(({ setting }) => !('of' in setting.kind))
    .map(({ path }) => path.join('.').replace('<name>', 'books'));
  const lone = ['server.tls', 'auth.ticket', 'auth.jwt'];

  it.each(settings)('are refused by %s', (path) => {
    for (const value of [
      NaN,
      Infinity,
      -1,
      () => 1,
      Symbol('x'),
      new Date(0),
      new Map(),
      [[]],
      [{}],
      { a: {} },
      10n,
    ]) {
      const told = problemsOf(optionsWith(path, value)).filter((line) => line.startsWith(path));
      expect({ value, told }).toEqual({ value, told: [expect.stringContaining('expected')] });
    }
  });

  it.each(lone)('are refused by the section %s', (path) => {
    expect(problemsOf(optionsWith(path, 5))).toEqual([
      `${path}: found a number, expected a section of settings`,
    ]);
  });
});
