import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/loading/load-settings.js';
import { addressAt, addressInState, mainAddress } from './gateway-address.js';
import { GatewayFinder } from './gateway-finder.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const left = (name: string, text = ''): Promise<void> => writeFile(join(folder, name), text);

describe('the address of a gateway', () => {
  it.each([
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000', '/rpc'],
    ['http://localhost:80/', 'http://localhost', '/rpc'],
    ['https://gateway.example/api/rpc/', 'https://gateway.example', '/api/rpc'],
    ['http://[::1]:5/SECRET', 'http://[::1]:5', '/SECRET'],
  ])('at %s', (url, origin, prefix) => {
    expect(addressAt(url)).toEqual({ origin, prefix });
  });

  it.each(['', 'localhost:9000', 'ftp://a/', 'http//a', 'ws://a/rpc'])('is not %j', (url) => {
    expect(() => addressAt(url)).toThrow('--url is not a URL');
  });

  it.each([
    [{ host: '0.0.0.0', port: 9001 }, 'http://127.0.0.1:9001'],
    [{ host: '::', port: 9001 }, 'http://[::1]:9001'],
    [{ host: 'fe80::1', port: 9001 }, 'http://[fe80::1]:9001'],
    [{ port: 9001, tls: { certFile: 'a', keyFile: 'b' } }, 'https://127.0.0.1:9001'],
  ])('is its main port: %j', (server, origin) => {
    expect(mainAddress(loadSettings({ server }))).toEqual({ origin });
  });

  it('is not known where any port may be taken', () => {
    expect(() => mainAddress(loadSettings({ server: { port: 0 } }))).toThrow('server.port is 0');
  });
});

describe('the state directory', () => {
  const local = { worker: 'Kitty' };

  it('has the Unix socket, the prefix and the secret', async () => {
    await left('Kitty.url', 'http://unix-domain:0/api/SECRET\n');
    await left('Kitty.sock');
    const socketPath = join(folder, 'Kitty.sock');
    expect(addressInState(folder, local)).toEqual({
      origin: 'http://unix-domain:0',
      prefix: '/api',
      secret: 'SECRET',
      socketPath,
    });
  });

  it('has the port where there is no socket', async () => {
    await left('Kitty.url', 'http://127.0.0.1:4000/SECRET');
    expect(addressInState(folder, local)).toEqual({
      origin: 'http://127.0.0.1:4000',
      prefix: '',
      secret: 'SECRET',
    });
  });

  it('prefers the socket', async () => {
    await left('Kitty.url', 'http://127.0.0.1:4000/SECRET');
    await left('Kitty.sock');
    expect(addressInState(folder, local).socketPath).toBe(join(folder, 'Kitty.sock'));
  });

  it('is empty when none is running', () => {
    expect(() => addressInState(folder, local)).toThrow(
      expect.objectContaining({ exitCode: 1, message: expect.stringContaining('no gateway is running') }),
    );
  });
});

describe('a gateway', () => {
  const notAsked = (): never => {
    throw new Error('the configuration was asked for');
  };

  it('at a URL needs no configuration', async () => {
    const client = await new GatewayFinder(() => ({ url: 'http://127.0.0.1:1/rpc' }), notAsked).connect();
    expect(client.isLocal).toBe(false);
    client.close();
  });

  it('is known by a secret from a file, which is read once', async () => {
    await left('secret', ' s3cret\n');
    const options = { url: 'http://127.0.0.1:1', secretFile: join(folder, 'secret') };
    const finder = new GatewayFinder(() => options, notAsked);
    (await finder.connect()).close();
    await rm(options.secretFile);
    const again = await finder.connect();
    expect(again.isLocal).toBe(false);
    again.close();
  });

  it.each([
    ['missing', undefined, 4],
    ['empty', '\n', 1],
  ])('is not known by a file that is %s', async (name, text, exitCode) => {
    if (text !== undefined) await left(name, text);
    const finder = new GatewayFinder(() => ({ secretFile: join(folder, name) }), notAsked);
    await expect(finder.connect()).rejects.toMatchObject({ exitCode });
  });

  it('takes no commands when it takes no calls', async () => {
    const settings = loadSettings({ procedures: { http: { enabled: false } } });
    const finder = new GatewayFinder(
      () => ({}),
      async () => settings,
    );
    await expect(finder.connect()).rejects.toThrow('nothing takes commands');
  });
});
