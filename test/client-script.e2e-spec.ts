import { once } from 'node:events';
import { connect } from 'node:net';
import { VERSION } from '../src/config/version.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { createApp, moduleOf, TestApp } from './support/nest-app.js';

const stopped = stoppedAfterEach();
const PATH = '/kittiwake/client.js';

/** Asks for the bytes as they are sent. */
async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers: { 'accept-encoding': 'identity', ...headers } });
}

describe('the client that a gateway serves', () => {
  it('is a module of this version that pages of any origin may load, and caches keep for good by its version', async () => {
    const { httpUrl } = stopped(await TestGateway.start());
    const response = await get(httpUrl + PATH, { origin: 'null' });
    const text = await response.text();
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, no-cache',
      'content-length': `${Buffer.byteLength(text)}`,
      vary: 'Accept-Encoding',
    });
    expect(headers).not.toHaveProperty('content-encoding');
    const client: unknown = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    expect(client).toHaveProperty('createClient');

    const gzipped = await get(httpUrl + PATH, { 'accept-encoding': 'br, gzip' });
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
    expect(await gzipped.text()).toBe(text);
    for (const refusal of ['gzip;q=0, identity', 'identity, gzip; q=0.0']) {
      const refused = await get(httpUrl + PATH, { 'accept-encoding': refusal });
      expect(refused.headers.get('content-encoding')).toBeNull();
    }

    const known = await get(httpUrl + PATH, { 'if-none-match': headers['etag']! });
    expect([known.status, await known.text()]).toEqual([304, '']);
    const forGood = 'public, max-age=31536000, immutable';
    const ofVersion = async (version: string): Promise<string | null> =>
      (await get(`${httpUrl}${PATH}?v=${version}`)).headers.get('cache-control');
    expect([await ofVersion(VERSION), await ofVersion('0.0.1')]).toEqual([forGood, 'public, no-cache']);
  });

  it('is not sent again and again to who asks and does not read', async () => {
    const { httpUrl } = stopped(await TestGateway.start());
    const socket = connect(Number(new URL(httpUrl).port), '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(500));
    await once(socket.resume(), 'close');
    expect(socket.bytesRead).toBeLessThan(1 << 20);
  });

  it('is elsewhere, or nowhere, where the settings say so', async () => {
    const off = stopped(await TestGateway.start({ clientScript: { enabled: false } }));
    expect((await get(off.httpUrl + PATH)).status).toBe(404);
    const other = stopped(await TestGateway.start({ clientScript: { path: '/realtime.js' } }));
    expect((await get(`${other.httpUrl}/realtime.js`)).status).toBe(200);
  });

  it('is served by an app that imports the module, on Express', async () => {
    const app = stopped(await TestApp.listen(await createApp(moduleOf({}))));
    const response = await get(app.httpUrl + PATH, { 'accept-encoding': 'gzip' });
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(await response.text()).toContain('createClient');
    const { status } = await fetch(app.httpUrl + PATH, { method: 'HEAD' });
    expect(status).toBe(200);
  });
});
