import { parse } from 'yaml';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess, type ProcessEnd } from './support/server-process.js';

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

function checkConfig(
  config: unknown,
  env: Record<string, string> = {},
  ...options: string[]
): Promise<ProcessEnd> {
  return ServerProcess.run({ config, env, command: ['cli/main.js', 'check-config', ...options] });
}

const ENV = { KITTIWAKE_PORT: '9123' };

describe('kittiwake check-config', () => {
  it('prints the configuration as it will be used, with secrets masked', async () => {
    const secrets = [
      'api-key-0123456789',
      'header-secret',
      'url-secret',
      'redis-secret',
      'jwt-secret'.repeat(4),
    ];
    const [apiKey, header, url, redis, jwt] = secrets as [string, string, string, string, string];
    const config = {
      services: {
        books: {
          authorizer: 'http://app:${CALLBACK_PASSWORD}@app.internal/authorize',
          headers: { 'X-Key': header },
        },
      },
      auth: { jwt: { algorithms: ['HS256'], audience: 'books' } },
      ping: { interval: '20s' },
    };
    const end = await checkConfig(config, {
      CALLBACK_PASSWORD: url,
      KITTIWAKE_PUBLISH_API_KEYS: apiKey,
      KITTIWAKE_BROKER_KIND: 'redis',
      KITTIWAKE_BROKER_REDIS_URL: `redis://:${redis}@redis.internal:6380`,
      KITTIWAKE_AUTH_JWT_SECRET: jwt,
      ...ENV,
    });
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(parse(end.stdout)).toMatchObject({
      server: { host: '127.0.0.1', port: 9123 },
      services: {
        books: {
          requireAuthentication: true,
          authorizer: 'http://app:***@app.internal/authorize',
          headers: { 'X-Key': '***' },
        },
      },
      auth: { deadline: '1m', jwt: { algorithms: ['HS256'], secret: '***' } },
      broker: {
        kind: 'redis',
        redis: { url: expect.stringMatching(/^redis:\/\/[^@]*\*\*\*@redis\.internal:6380$/) },
      },
      publish: { apiKeys: ['***'], maxBodyBytes: '1MiB' },
      ping: { interval: '20s', timeout: '15s' },
    });
    expect(secrets.filter((secret) => end.stdout.includes(secret))).toEqual([]);
  });

  it('prints what it accepts', async () => {
    const books = { requireAuthentication: false, heartbeatPeriod: '90s' };
    const first = await checkConfig({ services: { books }, origins: ['*'] }, ENV);
    const again = await checkConfig(parse(first.stdout), ENV);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(parse(again.stdout)).toEqual(parse(first.stdout));
  });

  it('ends with 1 and lists all that is wrong, without secrets', async () => {
    const config = {
      publish: { apiKeys: ['short-secret'] },
      services: {
        books: { authorizer: 'ftp://app:url-secret@app.internal', requireAuthentication: 'maybe' },
      },
      auth: { ticket: {} },
    };
    const [end, fileAlone] = await Promise.all([
      checkConfig(config, { KITTIWAKE_PING_INTERVAL: 'soon' }),
      checkConfig(config),
    ]);
    expect([end.code, end.stdout]).toEqual([1, '']);
    expect(end.stderr).toBe(
      `The configuration cannot be used:\n- KITTIWAKE_PING_INTERVAL: found "soon", expected a duration such as 15s or 500ms, from 0s to 576h\n`,
    );
    expect(fileAlone.code).toBe(1);
    const keys = fileAlone.stderr.split('\n').flatMap((line) => /^- ([\w.[\]]+): /.exec(line)?.[1] ?? []);
    expect(keys.toSorted()).toEqual([
      'auth.ticket.url',
      'publish.apiKeys[0]',
      'services.books.authorizer',
      'services.books.requireAuthentication',
    ]);
    for (const secret of ['short-secret', 'url-secret']) expect(fileAlone.stderr).not.toContain(secret);
    expect(fileAlone.stderr).not.toMatch(/^\s+at /m);
  });

  it('says that a gateway by itself needs somebody to ask about rooms', async () => {
    const end = await checkConfig({ rooms: {} });
    expect([end.code, end.stdout]).toEqual([1, '']);
    expect(end.stderr).toContain(
      '- rooms.api: found nothing, expected the section that says where the app is asked',
    );
  });

  it('names the variable that the file needs', async () => {
    const end = await checkConfig({ services: { books: { authorizer: '${APP_URL}/authorize' } } });
    expect([end.code, end.stdout]).toEqual([1, '']);
    expect(end.stderr).toMatch(/services\.books\.authorizer: .*APP_URL/);
  });

  it('names line and column of what is no YAML, and quotes nothing', async () => {
    const end = await ServerProcess.run({
      command: ['cli/main.js', 'check-config'],
      dotEnv: 'KITTIWAKE_CONFIG=.env\nsecret: "broken-secret\n',
    });
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^- \.env:\d+:\d+: /m);
    expect(end.stderr).not.toContain('broken-secret');
  });
});

describe('kittiwake', () => {
  it('tells its version and its commands', async () => {
    const [version, help] = await Promise.all([
      ServerProcess.run({ command: ['cli/main.js', '--version'] }),
      ServerProcess.run({ command: ['cli/main.js', '--help'] }),
    ]);
    expect([version.code, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    expect(help.stdout).toMatch(/^ {2}start .*^ {2}check-config /ms);
  });

  it('starts the gateway', async () => {
    const server = await ServerProcess.start({ command: ['cli/main.js', 'start'] });
    const end = await server.signal('SIGTERM').untilEnded();
    expect([end.code, end.stderr]).toEqual([0, '']);
  });

  it('says what is wrong when it cannot start', async () => {
    const end = await ServerProcess.run({
      command: ['cli/main.js', 'start'],
      env: { KITTIWAKE_PORT: 'abc' },
    });
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining('KITTIWAKE_PORT: found "abc"')]);
  });
});
