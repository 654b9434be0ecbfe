import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../configuration-error.js';
import { readEnvironment } from './environment.js';
import { loadSettings } from './load-settings.js';
import { placedSettings } from './schema.js';

const directory = mkdtempSync(join(tmpdir(), 'kittiwake-'));
const path = join(directory, 'kittiwake.yaml');

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The environment of a gateway whose file has this content. */
function withFile(content: string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  writeFileSync(path, content);
  return { KITTIWAKE_CONFIG: path, ...env };
}

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readEnvironment(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe('environment variables', () => {
  it('are read as the kind of their setting', () => {
    expect(
      readEnvironment({
        KITTIWAKE_HOST: '0.0.0.0',
        KITTIWAKE_PORT: '80',
        KITTIWAKE_SERVER_TRUST_PROXY: 'true',
        KITTIWAKE_METRICS_ENABLED: 'false',
        KITTIWAKE_LOG_LEVEL: 'debug',
        KITTIWAKE_CALLBACKS_TIMEOUT: '1.5s',
        KITTIWAKE_LIMITS_FRAME_BYTES: '64KiB',
        KITTIWAKE_LIMITS_INBOX_BYTES: '1000',
        KITTIWAKE_ORIGINS: 'https://a.example, https://b.example,',
        KITTIWAKE_AUTH_JWT_SECRET: '123,456',
        KITTIWAKE_BROKER_REDIS_ALT_URL: 'redis://h',
      }),
    ).toEqual({
      server: { host: '0.0.0.0', port: 80, trustProxy: true },
      metrics: { enabled: false },
      log: { level: 'debug' },
      callbacks: { timeout: '1.5s' },
      limits: { frameBytes: '64KiB', inboxBytes: '1000' },
      origins: ['https://a.example', 'https://b.example'],
      auth: { jwt: { secret: '123,456' } },
      broker: { redisAlt: { url: 'redis://h' } },
    });
  });

  it('make settings that load', () => {
    const options = readEnvironment({
      KITTIWAKE_AUTH_JWT_ALGORITHMS: 'HS256,HS512',
      KITTIWAKE_AUTH_JWT_SECRET: 'sesame'.repeat(6),
      KITTIWAKE_LIMITS_INBOX_BYTES: '1000',
      KITTIWAKE_LIMITS_IDLE: '2m',
    });
    const { auth, limits } = loadSettings(options);
    expect(auth.jwt).toMatchObject({ algorithms: ['HS256', 'HS512'], secret: 'sesame'.repeat(6) });
    expect(limits).toMatchObject({ inboxBytes: 1_000, idleMs: 120_000 });
  });

  it('of others are left alone', () => {
    expect(readEnvironment({ PATH: '/bin', PORT: '1', kittiwake_port: '2', MY_KITTIWAKE_PORT: '3' })).toEqual(
      {},
    );
  });

  it('that are empty count as not set, even those that do not exist', () => {
    expect(
      readEnvironment({
        KITTIWAKE_PORT: '',
        KITTIWAKE_CONFIG: '',
        KITTIWAKE_NO: '',
        KITTIWAKE_HOST: undefined,
      }),
    ).toEqual({});
  });

  it('that Kubernetes sets for a service called kittiwake are ignored', () => {
    const env = { KITTIWAKE_PORT: 'tcp://10.0.0.1:9000', KITTIWAKE_SERVICE_HOST: '10.0.0.1' };
    expect(readEnvironment(env)).toEqual({});
  });

  it.each([
    ['KITTIWAKE_PORTS', 'did you mean KITTIWAKE_PORT?'],
    ['KITTIWAKE_CALLBACK_TIMEOUT', 'did you mean KITTIWAKE_CALLBACKS_TIMEOUT?'],
    ['KITTIWAKE_CONFG', 'did you mean KITTIWAKE_CONFIG?'],
    ['KITTIWAKE_API_KEY', 'did you mean KITTIWAKE_PUBLISH_API_KEYS?'],
    ['KITTIWAKE_JWT_SECRET', 'did you mean KITTIWAKE_AUTH_JWT_SECRET?'],
    ['KITTIWAKE_REDIS_URL', 'did you mean KITTIWAKE_BROKER_REDIS_URL?'],
    [
      'KITTIWAKE_SERVICES_BOOKS_AUTHORIZER',
      'expected one of those in docs/configuration.md (services and headers are set in the file)',
    ],
    [
      'KITTIWAKE_',
      'expected one of those in docs/configuration.md (services and headers are set in the file)',
    ],
  ])('that are unknown are an error, without their value: %s', (name, remedy) => {
    expect(problemsOf({ [name]: 'sesame' })).toEqual([`${name}: unknown variable, ${remedy}`]);
  });

  it.each([
    ['KITTIWAKE_PORT', '80a', 'found "80a", expected a whole number from 0 to 65535'],
    ['KITTIWAKE_PORT', '65536', 'found 65536, expected a whole number from 0 to 65535'],
    ['KITTIWAKE_PORT', '1e3', 'found "1e3", expected a whole number from 0 to 65535'],
    ['KITTIWAKE_PUBLISH_ENABLED', '1', 'found "1", expected true or false'],
    ['KITTIWAKE_PUBLISH_ENABLED', 'TRUE', 'found "TRUE", expected true or false'],
    [
      'KITTIWAKE_PING_INTERVAL',
      '15',
      'found "15", expected a duration such as 15s or 500ms, from 0s to 576h; add a unit: 15s for seconds, 15ms for milliseconds',
    ],
    ['KITTIWAKE_BROKER_KIND', 'kafka', 'found "kafka", expected one of memory, redis'],
    [
      'KITTIWAKE_AUTH_TICKET_FIELDS',
      ',',
      'found an empty list, expected a list of at least one, each a text that is not empty',
    ],
  ])('that their setting cannot have are told by name: %s=%s', (name, text, expected) => {
    expect(problemsOf({ [name]: text })).toEqual([`${name}: ${expected}`]);
  });

  it('keep their secrets when they are wrong', () => {
    expect(problemsOf({ KITTIWAKE_PUBLISH_API_KEYS: '0123456789abcdef,sesame' })).toEqual([
      'KITTIWAKE_PUBLISH_API_KEYS[1]: found ***, expected a key of at least 16 letters, digits and signs, without spaces and commas, and not that of an example; or sha256: and the 64 hexadecimal digits of its hash',
    ]);
  });

  it('are told together, with what is wrong in the file', () => {
    const env = withFile('server: { host: "${NO_SUCH}" }', { KITTIWAKE_PORT: 'x', KITTIWAKE_HOTS: 'y' });
    expect(problemsOf(env)).toEqual([
      'server.host: the environment variable NO_SUCH is not set, expected a value for it',
      'KITTIWAKE_PORT: found "x", expected a whole number from 0 to 65535',
      'KITTIWAKE_HOTS: unknown variable, did you mean KITTIWAKE_HOST?',
    ]);
  });

  it('have one name for one setting', () => {
    const names = placedSettings().flatMap(({ env }) => env ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'KITTIWAKE_HOST',
        'KITTIWAKE_PORT',
        'KITTIWAKE_SERVER_TLS_CERT_FILE',
        'KITTIWAKE_AUTH_JWT_JWKS_CACHE_MAX_AGE',
        'KITTIWAKE_BROKER_REDIS_ALT_TLS_CA_FILE',
        'KITTIWAKE_PUBLISH_MAX_BODY_BYTES',
        'KITTIWAKE_METRICS_SOCKETSHARK_NAMES',
      ]),
    );
    expect(names.filter((name) => /SERVICES|HEADERS$|SERVER_(?:HOST|PORT)$/.test(name))).toEqual([
      'KITTIWAKE_CALLBACKS_RATE_LIMIT_HEADERS',
    ]);
  });
});

describe('the file', () => {
  it('has the same shape as the options', () => {
    const env = withFile('services:\n  books:\n    filterFields: [a]\n  news:\nping:\n  interval: 0s\n');
    expect(readEnvironment(env)).toEqual({
      services: { books: { filterFields: ['a'] }, news: null },
      ping: { interval: '0s' },
    });
  });

  it.each([[''], ['# nothing\n'], ['---\n']])('may be empty: %j', (content) => {
    expect(loadSettings(readEnvironment(withFile(content)))).toEqual(loadSettings({}));
  });

  it('may share parts', () => {
    const env = withFile(
      'services:\n  a: &a\n    extraFields: [x]\n  b:\n    <<: *a\n    filterFields: [y]\n',
    );
    expect(readEnvironment(env)).toEqual({
      services: { a: { extraFields: ['x'] }, b: { extraFields: ['x'], filterFields: ['y'] } },
    });
  });

  it('may not have a variable that has moved', () => {
    expect(problemsOf({ KITTIWAKE_METRICS_HOST: '0.0.0.0' })).toEqual([
      'KITTIWAKE_METRICS_HOST: has become operators.host (KITTIWAKE_OPERATORS_HOST): metrics have their place among the endpoints for operators',
    ]);
  });

  it('is overridden by variables, setting by setting', () => {
    const env = withFile('origins: [https://a.example]\ncallbacks: { timeout: 1s, tries: 5 }\nlimits:\n', {
      KITTIWAKE_CALLBACKS_TIMEOUT: '2s',
      KITTIWAKE_ORIGINS: 'https://b.example',
      KITTIWAKE_LIMITS_IDLE: '1h',
    });
    expect(readEnvironment(env)).toEqual({
      origins: ['https://b.example'],
      callbacks: { timeout: '2s', tries: 5 },
      limits: { idle: '1h' },
    });
  });

  it('is refused even where a variable would override what is wrong', () => {
    const options = readEnvironment(withFile('callbacks: 5', { KITTIWAKE_CALLBACKS_TIMEOUT: '2s' }));
    expect(() => loadSettings(options)).toThrow('callbacks: found a number, expected a section of settings');
    const list = readEnvironment(withFile('- 5', { KITTIWAKE_CALLBACKS_TIMEOUT: '2s' }));
    expect(() => loadSettings(list)).toThrow(
      'the configuration: found a list, expected a section of settings',
    );
  });

  it('is named when it cannot be read', () => {
    const missing = join(directory, 'missing.yaml');
    expect(problemsOf({ KITTIWAKE_CONFIG: missing })).toEqual([
      `KITTIWAKE_CONFIG: the file cannot be read: ENOENT: no such file or directory, open '${missing}'`,
    ]);
    expect(problemsOf({ KITTIWAKE_CONFIG: directory })).toEqual([
      'KITTIWAKE_CONFIG: the file cannot be read: EISDIR: illegal operation on a directory, read',
    ]);
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', '3:1: Map keys must be unique'],
    ['server:\n\tport: 1\n', '2:1: Tabs are not allowed as indentation'],
    ['server:\n  host: !shell id\n', '2:9: Unresolved tag: !shell'],
    ['a: 1\n---\nb: 2\n', '2:1: Source contains multiple documents; please use YAML.parseAllDocuments()'],
  ])('is refused with its line: %j', (content, expected) => {
    expect(problemsOf(withFile(content))).toEqual([`${path}:${expected}`]);
  });

  it('is refused with an alias that names nothing', () => {
    expect(problemsOf(withFile('a: *x\n'))).toEqual([
      `${path}: Unresolved alias (the anchor must be set before the alias): x`,
    ]);
  });

  it('is not quoted when it is refused', () => {
    const content = 'auth:\n  jwt:\n    secret: sesame\n    secret: sesame\n';
    expect(() => readEnvironment(withFile(content))).toThrow(ConfigurationError);
    expect(() => readEnvironment(withFile(content))).not.toThrow('sesame');
  });
});

describe('variables in the file', () => {
  const VARIABLES = {
    API: 'http://api',
    KEY: '0123',
    EMPTY: '',
    KEYS: 'a, b',
    PORT: '80',
    ON: 'true',
    TRICK: '"\n#${KEY}',
  };

  it.each([
    ['topics: { path: "/${KEY}/x" }', { topics: { path: '/0123/x' } }],
    ['topics: { path: "${KEY}${KEY}" }', { topics: { path: '01230123' } }],
    ['topics: { path: "${NONE:-/ws}" }', { topics: { path: '/ws' } }],
    ['topics: { path: "${EMPTY:-/ws}" }', { topics: { path: '/ws' } }],
    ['topics: { path: "${NONE:-}" }', { topics: { path: '' } }],
    ['topics: { path: "${KEY:-/ws}" }', { topics: { path: '0123' } }],
    ['topics: { path: "$KEY $$ {KEY} $" }', { topics: { path: '$KEY $$ {KEY} $' } }],
    ['topics: { path: "$${KEY}" }', { topics: { path: '${KEY}' } }],
    ['topics: { path: "${TRICK}" }', { topics: { path: '"\n#${KEY}' } }],
    ['services: { a: { headers: { X: "${KEY}" } } }', { services: { a: { headers: { X: '0123' } } } }],
    [
      'services: { a: { requireAuthentication: "${ON}" } }',
      { services: { a: { requireAuthentication: true } } },
    ],
    ['services: { a: { extraFields: ["${KEYS}", b] } }', { services: { a: { extraFields: ['a, b', 'b'] } } }],
    ['services: { a: { extraFields: "${KEYS}" } }', { services: { a: { extraFields: ['a', 'b'] } } }],
    ['server: { port: "${PORT}" }', { server: { port: 80 } }],
    ['server: { port: "1${PORT}" }', { server: { port: 180 } }],
    ['server: { port: "80" }', { server: { port: '80' } }],
    ['server: { port: 80, trustProxy: true }', { server: { port: 80, trustProxy: true } }],
    ['unknown: { key: ["${PORT}"] }', { unknown: { key: ['80'] } }],
    ['"${KEY}": 1', { '${KEY}': 1 }],
  ])('are replaced in %s', (content, expected) => {
    expect(readEnvironment(withFile(content, VARIABLES))).toEqual(expected);
  });

  it.each([
    [
      'topics: { path: "${NONE}" }',
      'topics.path: the environment variable NONE is not set, expected a value for it',
    ],
    [
      'topics: { path: "${EMPTY}" }',
      'topics.path: the environment variable EMPTY is not set, expected a value for it',
    ],
    [
      'origins: [a, "${NONE}"]',
      'origins[1]: the environment variable NONE is not set, expected a value for it',
    ],
    [
      'services: { a: { headers: { X: "${NONE}" } } }',
      'services.a.headers.X: the environment variable NONE is not set, expected a value for it',
    ],
    [
      'topics: { path: "/${KEY-x}" }',
      'topics.path: found ${ without a name and }, expected ${NAME}, ${NAME:-default} or $${ for the text',
    ],
    [
      'topics: { path: "/${KEY" }',
      'topics.path: found ${ without a name and }, expected ${NAME}, ${NAME:-default} or $${ for the text',
    ],
    [
      'topics: { path: "/${}" }',
      'topics.path: found ${ without a name and }, expected ${NAME}, ${NAME:-default} or $${ for the text',
    ],
  ])('are an error in %s', (content, expected) => {
    expect(problemsOf(withFile(content, VARIABLES))).toEqual([expected]);
  });
});
