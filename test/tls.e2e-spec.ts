import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { ConfigurationError } from '../src/config/configuration-error.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import { reread } from '../src/server/reread.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { HANDSHAKE_TEXT } from './support/handshake.js';
import { eventually } from './support/wait.js';

describe('a gateway with TLS', () => {
  let folder: string;
  let certFile: string;
  let keyFile: string;
  let gateway: TestGateway | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kittiwake-tls-'));
    [certFile, keyFile] = certificate('gateway');
  });
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Makes a certificate for 127.0.0.1, signed by itself, and its key. */
  function certificate(name: string): [string, string] {
    const files: [string, string] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files[1]];
    const subject = ['-subj', '/CN=kittiwake', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', files[0]], { stdio: 'pipe' });
    return files;
  }

  async function start(limits = {}): Promise<TestGateway> {
    gateway = await TestGateway.start({
      server: { tls: { certFile, keyFile } },
      services: { books: { requireAuthentication: false } },
      limits,
    });
    return gateway;
  }

  function connectClient(port: number): Promise<TestClient> {
    return TestClient.connect(`wss://127.0.0.1:${port}/ws`, [], { ca: readFileSync(certFile) });
  }

  async function ask(options: RequestOptions, body = ''): Promise<[number | undefined, unknown]> {
    const asked = request({ host: '127.0.0.1', ca: readFileSync(certFile), agent: false, ...options });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return [response.statusCode, await json(response)];
  }

  it('reads its certificate again, and goes on with the one it has when the files do not fit', async () => {
    const { port, app } = await start();
    const settings = loadSettings({ server: { tls: { certFile, keyFile } } });
    const names = [certFile, keyFile] as const;
    const former = names.map((name) => readFileSync(name));
    const [newCert, newKey] = certificate('renewed');
    const seen = (): Promise<boolean> =>
      ask({ port, path: '/health/live', ca: readFileSync(newCert) }).then(
        () => true,
        () => false,
      );
    writeFileSync(certFile, readFileSync(newCert));
    reread(settings, app.getHttpServer());
    expect(await seen()).toBe(false); // the key is not of that certificate
    writeFileSync(keyFile, readFileSync(newKey));
    reread(settings, app.getHttpServer());
    expect(await seen()).toBe(true);
    names.forEach((name, index) => writeFileSync(name, former[index]!));
  });

  it('speaks it for WebSockets and for HTTP', async () => {
    const { port } = await start();
    const client = await connectClient(port);
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const data = 'd'.repeat(200_000);
    const publication = JSON.stringify({ subscription: 'books.1', data });
    expect(await ask({ port, path: '/publish', method: 'POST', headers }, publication)).toEqual([
      200,
      { status: 'ok' },
    ]);
    expect((await client.next()).data).toBe(data);
    expect(await ask({ port, path: '/health/ready' })).toEqual([200, { status: 'ready' }]);
  });

  it('lets in pages of its own host', async () => {
    const { port } = await start();
    const options = { ca: readFileSync(certFile), headers: { Origin: `https://127.0.0.1:${port}` } };
    const client = await TestClient.connect(`wss://127.0.0.1:${port}/ws`, [], options);
    expect(await client.settled()).toEqual([]);
  });

  it('is not trusted by clients that do not know its certificate', async () => {
    const { port } = await start();
    await expect(TestClient.connect(`wss://127.0.0.1:${port}/ws`)).rejects.toThrow('self-signed certificate');
  });

  it('speaks nothing else', async () => {
    const { port } = await start();
    await expect(TestClient.connect(`ws://127.0.0.1:${port}/ws`)).rejects.toThrow();
  });

  it('closes its clients with a code when it stops', async () => {
    const { port } = await start();
    const client = await connectClient(port);
    await gateway?.stop();
    expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
  });

  it('drops who does not complete the TLS handshake in time', async () => {
    const { port } = await start({ handshakeTimeout: '300ms' });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket.resume(), 'close', { signal: AbortSignal.timeout(5000) });
    expect(await (await connectClient(port)).settled()).toEqual([]);
  });

  it('cuts a client that does not answer a close, and counts it until then', async () => {
    const EMPTY_FRAME = [0x81, 0x80, 0, 0, 0, 0];
    const { port } = await start({
      connections: 1,
      closeTimeout: '2s',
      eventsPerSecond: 1,
      eventBurst: 0,
    });
    const rude = connectTls({ port, host: '127.0.0.1', ca: readFileSync(certFile) });
    rude.on('error', () => undefined);
    rude.write(HANDSHAKE_TEXT);
    await once(rude, 'data');
    rude.write(Buffer.from([...EMPTY_FRAME, ...EMPTY_FRAME, ...EMPTY_FRAME])); // more than it may send
    await once(rude, 'data');
    expect(await gateway?.metric('kittiwake_connections')).toBe(1);
    await eventually(async () => (await gateway?.metric('kittiwake_connections')) === 0);
    expect(await (await connectClient(port)).settled()).toEqual([]);
    rude.destroy();
  });

  it('does not start with files that cannot be used, and names the key', async () => {
    const [, otherKey] = certificate('other');
    const garbage = join(folder, 'garbage.pem');
    writeFileSync(garbage, 'no PEM');
    const startWith = (tls: { certFile: string; keyFile: string }) => TestGateway.start({ server: { tls } });
    const missing = join(folder, 'missing.pem');
    const refusals = [
      await startWith({ certFile: missing, keyFile }).catch(String),
      await startWith({ certFile, keyFile: missing }).catch(String),
      await startWith({ certFile: garbage, keyFile }).catch(String),
      await startWith({ certFile, keyFile: otherKey }).catch(String),
    ];
    expect(refusals).toEqual([
      expect.stringContaining('- server.tls.certFile: the file cannot be read: ENOENT'),
      expect.stringContaining('- server.tls.keyFile: the file cannot be read: ENOENT'),
      expect.stringContaining('- server.tls: certFile and keyFile cannot be used together: '),
      expect.stringContaining('- server.tls: certFile and keyFile cannot be used together: '),
    ]);
    await expect(startWith({ certFile: missing, keyFile })).rejects.toThrow(ConfigurationError);
  });
});
