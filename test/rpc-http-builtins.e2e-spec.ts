import { readFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import { parseMessagePack } from '../src/protocol/json/message-pack.js';
import { ProceduresSettings } from '../src/config/sections/procedures/procedures.settings.js';
import { InputBounds } from '../src/protocol/json/bounds.js';
import { ServiceSecret } from '../src/rpc/service-secret.js';
import { ProceduresConfig } from '../src/rpc/built-in/procedures-config.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { Kitten, KITTEN_SECRET, sharedKitten, TOKEN_KEY } from './support/kitten.js';
import { procedureOf } from './support/rpc.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';

const stopped = stoppedAfterEach();
const NOBODY = { isService: false };
const BEARER = {
  isService: false,
  headers: {
    Authorization: `Bearer ${signToken({ algorithm: 'HS256', key: TOKEN_KEY, claims: { sub: 1 } })}`,
  },
};

type Members = Record<string, unknown>;

describe('a gateway that is asked over HTTP', () => {
  const kitten = sharedKitten('a Unix socket');
  const members = async (name: string, json?: unknown, request = {}): Promise<Members> =>
    (await kitten.json(name, json, request))[1] as Members;

  describe('whether it runs', () => {
    it('says so to anyone, whatever was sent', async () => {
      for (const request of [NOBODY, { ...NOBODY, json: { x: 1, docs: true, _args: [1] } }]) {
        const { status, headers, body } = await kitten.ask('ping', request);
        expect([status, headers['Content-Type'], String(body)]).toEqual([200, 'text/plain', 'Pong\n']);
      }
    });

    it('tells who may know what there is to call, and how', async () => {
      const { methods, ...others } = await members('ping', { foo: 'bar', pong: 'x' });
      expect(others).toEqual({ foo: 'bar', pong: true, conn: 'unix-domain', _format: expect.any(String) });
      expect(methods).toMatchObject({
        meow: { args: {}, options: {}, returns: null, is_generator: false },
        number: { args: { n: 'int' }, options: {}, returns: null, is_generator: false },
        list: { args: { a: null, b: null, c: null } },
        named: { args: {}, options: { x: null } },
        numbers: { is_generator: true },
        metrics: { args: { openmetrics: 'bool' } },
      });
      for (const name of ['ping', 'config', 'quitquitquit']) expect(methods).not.toHaveProperty(name);
      expect((methods as Record<string, Members>).help).not.toHaveProperty('help');
      const told = (await members('ping', { docs: 'y' })).methods as Record<string, Members>;
      expect(told.metrics?.help).toMatch(/^\/metrics /);
      expect(told.meow).not.toHaveProperty('help');
    });

    it('tells the bearer of a token what that may call', async () => {
      const { methods } = await members('ping', undefined, BEARER);
      expect(methods).toHaveProperty('none');
      expect(methods).not.toHaveProperty('status');
    });

    it('answers in the format of the caller', async () => {
      const headers = { 'Content-Type': 'application/x-msgpack' };
      const { body } = await kitten.ask('ping', { headers, body: Buffer.from(encode({ n: 1 })) });
      expect(parseMessagePack(body)).toMatchObject({ n: 1, pong: true });
    });
  });

  describe('for help', () => {
    it('lists what the caller may call', async () => {
      const [, text] = (await kitten.json('help')) as [number, string];
      expect(text).toMatch(/^test\/Kitty\n/);
      expect(text).toMatch(/Commands: ping, help, config, quitquitquit\n/);
      expect(text).toMatch(/API Commands: big, binary, boom, [^]*, web_root,\s+whoami\n/);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(78);
      expect((await kitten.json('help', undefined, BEARER))[1] as string).toMatch(/Commands: ping, help\n/);
      expect((await kitten.ask('help', NOBODY)).status).toBe(403);
    });

    it('says what a procedure does', async () => {
      expect((await kitten.json('help', { command: 'metrics' }))[1]).toMatch(/^\/metrics \[[^]*line\.\n$/);
      for (const command of ['meow', 'nosuch', 'constructor', 5, ['x']])
        expect(await kitten.json('help', { _args: [command] })).toEqual([200, 'No Help Available\n']);
      expect(await kitten.json('help', { command: 'config' }, BEARER)).toEqual([200, 'No Help Available\n']);
    });
  });

  describe('for metrics', () => {
    it('counts answers, by status', async () => {
      const before = (await members('metrics', undefined, NOBODY))['http,code="404"'] ?? 0;
      await kitten.ask('nosuch');
      await kitten.ask('failing', NOBODY);
      const { _type_map: types, ...values } = await members('metrics', undefined, NOBODY);
      expect(values['http,code="404"']).toBe(Number(before) + 1);
      expect(values.http_sent_bytes).toBeGreaterThan(1_000);
      expect(values.http_gen_sent_bytes).toBeGreaterThan(100);
      expect((values.http_elapsed_us as number[]).length).toBeGreaterThan(5);
      expect(types).toMatchObject({ 'http,code="404"': 'count', http_elapsed_us: 'sample' });
      expect(Object.keys(values).join()).not.toMatch(/api_|start_time|_unix/);
    });

    it('tells who may know of each procedure, and counts streams that failed as failures', async () => {
      for (let i = 0; i < 30; i++) await kitten.ask('none');
      await kitten.ask('failing', NOBODY);
      await kitten.ask('explode', NOBODY);
      (await kitten.send('hang')).stop();
      const values = await eventually(async () => {
        const all = await members('metrics');
        return 'api_hang,code="499"' in all ? all : undefined;
      });
      expect(values).toMatchObject({
        'api_none,code="200"': expect.any(Number),
        'public_api_failing,code="500"': expect.any(Number),
        'public_api_explode,code="500"': 1,
        public_api_explode_unix: 1,
        'public_api_metrics,code="200"': expect.any(Number),
        'start_time,app="test",worker="Kitty"': expect.any(Number),
      });
      expect(values).not.toHaveProperty(['public_api_failing,code="200"']);
      expect(values.api_none_elapsed_us).toHaveLength(25);
      expect(values['api_none_sent_bytes']).toBeGreaterThan(30 * 100);
    });

    it('has them for Prometheus as well, with labels', async () => {
      const json = { openmetrics: true, foo: 'a"b', '9-x': 5 };
      const { headers, body } = await kitten.ask('metrics', { json });
      expect(headers['Content-Type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      const lines = String(body).split('\n');
      expect(lines).toContain('# TYPE http unknown');
      expect(String(body)).toMatch(/^http\{foo="a\\"b", _9_x="5", code="200"\} \d+$/m);
      expect(lines.slice(-2)).toEqual(['# EOF', '']);
      const named = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
      expect(new Set(named).size).toBe(named.length);
      const plain = await kitten.ask('metrics', { ...NOBODY, json: { openmetrics: 'y' } });
      expect(String(plain.body)).toMatch(/^http\{code="200"\} \d+\n/m);
    });
  });

  describe('for its configuration', () => {
    beforeAll(() => {
      const config = kitten.app.get(ProceduresConfig);
      config.declare('sleep_time', 0.05);
      config.declare('names', ['a']);
      config.declare('greeting', 'hello');
      config.declare('rules', { a: 1 });
      config.declare('loud', false);
    });
    const value = async (key: string): Promise<unknown> => ((await members('config')).config as Members)[key];

    it('tells who has the secret, and nobody else', async () => {
      const { config, _format } = await members('config');
      expect(config).toMatchObject({
        app_name: 'test',
        worker_name: 'Kitty',
        worker_secret: KITTEN_SECRET,
        worker_use_tcp: false,
        worker_use_unixdomain: true,
        worker_use_msgpack: true,
        worker_http_request_max_size: 1_048_576,
        worker_http_request_timeout1: 1,
        worker_http_request_timeout2: 15,
      });
      expect(_format).toMatch(/^--worker_name=Kitty$/m);
      expect((await kitten.ask('config', NOBODY)).status).toBe(403);
      expect((await kitten.ask('config', BEARER)).status).toBe(404);
    });

    it('changes keys, each by its type', async () => {
      const changes: [Members, string, unknown][] = [
        [{ key: 'sleep_time', val: '1.5' }, 'sleep_time', 1.5],
        [{ reset: 'sleep_time' }, 'sleep_time', 0.05],
        [{ _args: ['greeting', '100%'] }, 'greeting', '100%'],
        [{ key: 'loud', val: 'yes' }, 'loud', true],
        [{ key: 'names', append: 'b' }, 'names', ['a', 'b']],
        [{ key: 'names', remove: 'a' }, 'names', ['b']],
        [{ key: 'names', pop: '-1' }, 'names', []],
        [{ key: 'names', val: '["x","y"]' }, 'names', ['x', 'y']],
        [{ key: 'rules', val: { b: 2 } }, 'rules', { b: 2 }],
      ];
      for (const [given, key, changed] of changes) {
        const result = await members('config', given);
        expect([given, (result.config as Members)[key]]).toEqual([given, changed]);
        const operation = ['val', 'append', 'remove', 'pop'].find((name) => name in given);
        if (operation) expect(result[operation]).toBe(key);
      }
      expect((await members('config'))._format).toContain('--greeting=100%%');
    });

    it('refuses what is wrong, and changes nothing then', async () => {
      const before = (await members('config')).config;
      const changes: [Members, string | RegExp][] = [
        [{ key: 'nosuch' }, 'there is no key nosuch'],
        [{ key: 'nosuch', val: '1' }, 'there is no key nosuch'],
        [{ key: '__proto__', val: '1' }, 'there is no key __proto__'],
        [{ reset: 'nosuch' }, 'there is no key nosuch'],
        [{ key: 'sleep_time', val: '1', append: 'x' }, 'Please only perform one operation at a time!'],
        [{ key: 'sleep_time', val: 'long' }, /could not convert/],
        [{ key: 'sleep_time', append: 'x' }, 'sleep_time is not a list'],
        [{ key: 'names', remove: 'z' }, 'there is no such thing in the list'],
        [{ key: 'names', pop: '7' }, 'there is no such thing in the list'],
        [{ key: 'names', val: '{}' }, 'not a list: {}'],
        [{ key: 'worker_name', val: 'x' }, 'worker_name cannot be changed while the gateway runs'],
        [{ key: 'worker_http_request_max_size', val: '0' }, /must be more than 0/],
      ];
      for (const [given, error] of changes) {
        const expected = typeof error === 'string' ? error : expect.stringMatching(error);
        expect(await kitten.json('config', given)).toEqual([500, { error: expected }]);
      }
      expect((await members('config')).config).toEqual(before);
    });

    it('heeds what is changed', async () => {
      const pack = { headers: { 'Content-Type': 'application/x-msgpack' }, body: Buffer.from(encode({})) };
      await members('config', { key: 'worker_use_msgpack', val: 'n' });
      expect(await kitten.json('none', undefined, pack)).toEqual([500, { error: 'msgpack is unavailable' }]);
      await members('config', { reset: 'worker_use_msgpack' });
      expect((await kitten.ask('none', pack)).status).toBe(200);
      await members('config', { key: 'worker_http_request_max_size', val: '400' });
      expect((await kitten.ask('echo', { json: { value: 'x'.repeat(400) } })).status).toBe(500);
      await members('config', { key: 'worker_http_request_max_size', val: '3000000' });
      expect((await kitten.ask('echo', { json: { value: 'x'.repeat(2_000_000) } })).status).toBe(200);
      await members('config', { reset: 'worker_http_request_max_size' });
      expect(await value('worker_http_request_max_size')).toBe(1_048_576);
    });

    it('saves what is changed, for the next start', async () => {
      await members('config', { key: 'greeting', val: 'good day' });
      expect(await members('config', { save: 'y' })).toMatchObject({ save: 'y' });
      const file = `${String(await value('app_state_dir'))}/Kitty.cfg`;
      expect(readFileSync(file, 'utf8')).toContain('--greeting=good day\n');
      expect(readFileSync(file, 'utf8')).not.toContain(KITTEN_SECRET);
      const next = new ProceduresConfig(
        kitten.app.get(ProceduresSettings),
        kitten.app.get(InputBounds),
        kitten.app.get(ServiceSecret),
      );
      next.declare('greeting', 'hello');
      expect(next.get('greeting')).toBe('good day');
    });
  });
});

describe('a gateway that takes no MessagePack', () => {
  const kitten = sharedKitten('a Unix socket', { procedures: { http: { messagePack: false } } });

  it('says so', async () => {
    const pack = { headers: { 'Content-Type': 'application/x-msgpack' }, body: Buffer.from(encode({})) };
    expect(await kitten.json('none', undefined, pack)).toEqual([500, { error: 'msgpack is unavailable' }]);
    expect(await kitten.json('none', {})).toEqual([200, null]);
  });
});

describe('a gateway without a state folder', () => {
  it('cannot save its configuration', async () => {
    const kitten = stopped(new Kitten('the gateway'));
    await kitten.start();
    expect(await kitten.json('config', { save: true })).toEqual([
      500,
      { error: 'there is no state folder to save it in' },
    ]);
  });
});

describe('procedures that the gateway brings with it', () => {
  it('give way to one of the app, but for those that clients rely on', async () => {
    const kitten = new Kitten('an Express app');
    await kitten.start();
    stopped(kitten);
    for (const name of ['ping', 'help', 'config', 'quitquitquit'])
      expect(() => kitten.add(procedureOf(name, () => 1))).toThrow(`there are two procedures named ${name}`);
  });

  it('are as few as the settings want', async () => {
    const kitten = stopped(new Kitten('the gateway'));
    await kitten.start({ metrics: { enabled: false } });
    expect((await kitten.ask('metrics')).status).toBe(404);
  });
});
