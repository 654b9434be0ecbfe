import { Redis } from 'ioredis';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { examine } from '../src/cli/doctor/examine.js';
import type { Finding } from '../src/cli/doctor/finding.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Certificates } from './support/certificates.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { type AppHandler, HttpApp } from './support/http-app.js';
import { freePort, RedisServer } from './support/redis-server.js';

const stopped = stoppedAfterEach();
const stoppedAtEnd = stoppedAfterAll();
/** Nobody listens there. */
let deadPort: number;

beforeAll(async () => {
  deadPort = await freePort();
});

/** What is found of all but the ports and files of this machine, unless it is asked for. */
async function found(options: KittiwakeOptions, about: RegExp): Promise<Finding[]> {
  const settings = loadSettings({
    ...options,
    server: { port: 0, ...options.server },
    operators: { enabled: false, ...options.operators },
  });
  const findings = await examine(async () => settings);
  return findings.filter((finding) => about.test(finding.about));
}

describe('the doctor, asked about the app', () => {
  const about = /^(?:auth|services|rooms|procedures)\b/;

  async function startApp(handler: AppHandler): Promise<HttpApp> {
    return stopped(await HttpApp.start(handler));
  }

  it('finds each address, and asks it without doing anything', async () => {
    const app = await startApp((response) => response.writeHead(204).end());
    const url = app.origin.replace('//', '//kittiwake:secret@');
    const findings = await found(
      {
        auth: { ticket: { url: `${url}/ticket`, fields: ['user_id'] } },
        services: { books: { authorizer: `${url}/authorizer`, headers: { 'X-Key': 'k' } } },
        rooms: { api: { url: `${url}/api/`, onConnect: 'came' } },
        procedures: { remote: { add: { url: `${url}/add` } } },
      },
      about,
    );

    expect(findings.map(({ state, about }) => [about, state])).toEqual([
      ['auth.ticket.url', 'ok'],
      ['services.books.authorizer', 'ok'],
      ['rooms.api.bootstrap', 'ok'],
      ['rooms.api.onConnect', 'ok'],
      ['procedures.remote.add.url', 'ok'],
    ]);
    expect(app.requests.map(({ method, path, body }) => [method, path, body])).toEqual(
      expect.arrayContaining(
        ['/ticket', '/authorizer', '/api/bootstrap/', '/api/came', '/add'].map((path) => [
          'OPTIONS',
          path,
          '',
        ]),
      ),
    );
    const authorization = `Basic ${Buffer.from('kittiwake:secret').toString('base64')}`;
    for (const { headers } of app.requests) expect(headers).toMatchObject({ authorization });
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  it.each([
    [405, 'ok', undefined],
    [501, 'ok', undefined],
    [404, 'warning', 'see that there is a route for POST; some frameworks answer so to OPTIONS alone'],
    [403, 'warning', 'see that it takes the user and password of the URL, and asks for no CSRF token'],
    [500, 'warning', 'see the log of the app'],
  ])('makes of a status of %d: %s', async (status, state, cure) => {
    const app = await startApp((response) => response.writeHead(status).end());
    const [finding] = await found({ services: { books: { authorizer: `${app.origin}/a` } } }, about);
    expect([finding?.state, finding?.cure]).toEqual([state, cure]);
  });

  it('says where a redirect leads', async () => {
    const app = await startApp((response) => response.writeHead(301, { location: '/a/' }).end());
    const [finding] = await found({ services: { books: { authorizer: `${app.origin}/a` } } }, about);
    expect(finding).toMatchObject({ state: 'warning', says: expect.stringContaining('leads to /a/') });
  });

  it('says once that it is down', async () => {
    const url = `http://127.0.0.1:${deadPort}`;
    const books = { authorizer: `${url}/a`, beforeSubscribe: `${url}/b`, onMessage: `${url}/c` };
    expect(await found({ services: { books } }, about)).toEqual([
      {
        state: 'problem',
        about: 'services.books.authorizer and 2 more',
        says: `${url}: connect ECONNREFUSED 127.0.0.1:${deadPort}`,
        cure: 'start the app, or set where it is, as seen from here',
      },
    ]);
  });

  it('notices a clock that is further off than tokens may be', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const app = await startApp((response) => response.writeHead(204, { date }).end());
    const jwt = { algorithms: ['HS256'], secret: 's'.repeat(32), audience: 'a' } as const;
    const findings = await found(
      { auth: { jwt }, services: { books: { authorizer: `${app.origin}/a` } } },
      about,
    );
    expect(findings[1]).toMatchObject({
      state: 'problem',
      says: expect.stringMatching(/^its clock .* (?:59|60) s apart/),
    });
  });
});

describe('the doctor, asked about Redis', () => {
  let primary: RedisServer;
  let replica: RedisServer;

  beforeAll(async () => {
    primary = stoppedAtEnd(await RedisServer.start());
    replica = stoppedAtEnd(
      await RedisServer.start({ args: ['--replicaof', '127.0.0.1', `${primary.port}`] }),
    );
  });

  const at = (url: string): KittiwakeOptions => ({ broker: { kind: 'redis', redis: { url } } });

  it('finds a primary', async () => {
    expect(await found(at(primary.url), /^broker/)).toEqual([
      {
        state: 'ok',
        about: 'broker.redis',
        says: expect.stringMatching(/is the primary, and answers \(version \d/),
      },
    ]);
  });

  it('finds out that it is a replica', async () => {
    const [finding] = await found(at(replica.url), /^broker/);
    expect(finding).toMatchObject({
      state: 'problem',
      says: expect.stringContaining('name the primary in its url'),
    });
  });

  it('finds nobody', async () => {
    const [finding] = await found(at(`redis://127.0.0.1:${deadPort}`), /^broker/);
    expect(finding).toMatchObject({ state: 'problem', says: expect.stringContaining('ECONNREFUSED') });
  });

  it('warns of one that throws histories away', async () => {
    const options = { ...at(primary.url), services: { books: { history: { size: 10 } } } };
    expect(await found(options, /^broker/)).toHaveLength(1);
    const client = new Redis(primary.url);
    stopped({ stop: () => client.disconnect() });
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const findings = await found(options, /^broker/);
    expect(findings[1]).toMatchObject({ state: 'warning', cure: 'set maxmemory-policy noeviction' });
  });
});

describe('the doctor, asked about the gateway itself', () => {
  it('tells a free port from one of a gateway, and that from one of another program', async () => {
    const gateway = stopped(await TestGateway.start());
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    stopped({ stop: () => other.close() });
    const ports = [deadPort, gateway.port, (other.address() as AddressInfo).port];

    const findings = await Promise.all(ports.map((port) => found({ server: { port } }, /^server\.port/)));

    expect(findings.flat()).toEqual([
      { state: 'ok', about: 'server.port', says: `127.0.0.1:${ports[0]} is free` },
      { state: 'ok', about: 'server.port', says: `a gateway runs at 127.0.0.1:${ports[1]}` },
      {
        state: 'problem',
        about: 'server.port',
        says: `another program is at 127.0.0.1:${ports[2]}`,
        cure: 'end it, or set another port',
      },
    ]);
  });

  it('says when its certificate expires', async () => {
    const certificates = stopped(await Certificates.open());
    const tls = await certificates.make('gateway');
    expect(await found({ server: { tls } }, /tls/)).toEqual([
      expect.objectContaining({
        state: 'warning',
        says: expect.stringMatching(/^the certificate expires in 1 days: /),
      }),
    ]);
  });

  it('says whether pages are where they are said to be', async () => {
    const origins = [`http://127.0.0.1:${deadPort}`, 'http://app.example.com', 'https://*.example.com'];
    expect(
      (await found({ origins }, /^origins/)).map(({ state, says }) => [state, says.slice(0, 40)]),
    ).toEqual([
      ['warning', `no page is at http://127.0.0.1:${deadPort}, as`.slice(0, 40)],
      ['warning', 'http://app.example.com is plain HTTP: wh'],
      ['ok', 'pages of https://*.example.com may conne'],
    ]);
  });

  it('says whether there are keys for tokens', async () => {
    const app = stopped(
      await HttpApp.start((response, { path }) => {
        const keys = path === '/empty' ? [] : [{ kty: 'RSA' }, { kty: 'RSA', alg: 'PS256' }];
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
      }),
    );
    const keys = (path: string, algorithm: 'RS256' | 'ES256'): Promise<Finding[]> => {
      const jwt = { algorithms: [algorithm], jwksUrl: `${app.origin}${path}`, audience: 'a' };
      return found({ auth: { jwt } }, /jwksUrl/);
    };
    expect(await keys('/keys', 'RS256')).toMatchObject([
      { state: 'ok', says: expect.stringContaining('1 usable key') },
    ]);
    expect(await keys('/keys', 'ES256')).toMatchObject([{ state: 'problem' }]);
    expect(await keys('/empty', 'RS256')).toMatchObject([{ state: 'problem' }]);
  });
});
