import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';

let gateway: TestGateway;

afterEach(() => gateway.stop());

async function start(origins: string[]): Promise<void> {
  gateway = await TestGateway.start({ origins });
}

/** 101 for a connection that works, else the status of the refusal. */
async function statusFor(origin: string | undefined, headers: Record<string, string> = {}): Promise<number> {
  const options = { headers: { ...headers, ...(origin !== undefined && { Origin: origin }) } };
  try {
    const client = await TestClient.connect(gateway.url, [], options);
    expect(await client.ask({ event: 'ping', data: 'in' })).toEqual({ event: 'pong', data: 'in' });
    await client.close();
    return 101;
  } catch {
    return TestClient.refusal(gateway.url, options);
  }
}

describe('without a list of origins', () => {
  beforeEach(() => start([]));

  it('lets in pages of the host that the gateway is asked as', async () => {
    expect(await statusFor(`http://127.0.0.1:${gateway.port}`)).toBe(101);
    expect(await statusFor('https://live.example.com', { Host: 'live.example.com' })).toBe(101);
    expect(await statusFor('https://Live.Example.com', { Host: 'live.example.COM' })).toBe(101);
  });

  it.each([
    ['another host', 'https://evil.example'],
    ['another port', 'http://127.0.0.1:1'],
    ['no port', 'http://127.0.0.1'],
    ['a longer host', 'http://127.0.0.1.evil.example'],
    ['no host (sandboxed frames, files)', 'null'],
    ['nothing', ''],
  ])('refuses pages of %s with 403', async (_case, origin) => {
    expect(await statusFor(origin)).toBe(403);
    expect(await gateway.metric('kittiwake_connections_total')).toBe(0);
  });

  it('refuses a host that only looks like its own', async () => {
    const Host = 'live.example.com';
    for (const origin of ['https://live.example.com@evil.example', 'https://live.example.com.evil.example']) {
      expect(await statusFor(origin, { Host })).toBe(403);
    }
  });

  it('lets in clients that are no browsers', async () => {
    expect(await statusFor(undefined)).toBe(101);
  });
});

describe('with a list of origins', () => {
  beforeEach(() => start(['https://app.example.com', 'http://localhost:3000']));

  it('lets in pages of these, and clients that are no browsers', async () => {
    for (const origin of ['https://app.example.com', 'HTTPS://APP.example.com', 'http://localhost:3000']) {
      expect(await statusFor(origin)).toBe(101);
    }
    expect(await statusFor(undefined)).toBe(101);
  });

  it('refuses all others with 403, its own host too', async () => {
    const own = `http://127.0.0.1:${gateway.port}`;
    const others = [
      'http://app.example.com',
      'https://app.example.com:8443',
      'http://localhost',
      'null',
      own,
    ];
    for (const origin of others) expect(await statusFor(origin)).toBe(403);
  });
});

describe('with any origin allowed', () => {
  it('lets in every page', async () => {
    await start(['*']);
    for (const origin of ['https://evil.example', 'null', undefined])
      expect(await statusFor(origin)).toBe(101);
  });
});
