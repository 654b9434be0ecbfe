import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { answer, appsOfTest } from '../../../test/support/http-app.js';
import { callersOfTest } from '../../../test/support/http-callers.js';
import { eventually } from '../../../test/support/wait.js';
import type { JsonText } from '../../protocol/json/json.js';

const BODY = '{}' as JsonText;

let folder: string;
beforeAll(() => {
  Logger.overrideLogger(false);
  folder = mkdtempSync(join(tmpdir(), 'kittiwake-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string): string {
  return join(folder, name);
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

describe('connections', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  // The answer is there a moment before its connection is free again: two take turns.
  it('are used again', async () => {
    const app = await startApp((response) => answer(response));
    const caller = openCaller();
    for (let count = 0; count < 20; count++) await caller.call(app.origin, BODY);
    expect(app.requests).toHaveLength(20);
    expect(app.connections).toBeLessThanOrEqual(2);
  });

  it('are used again after failed tries and redirects', async () => {
    const failures: [number, Record<string, string>][] = [
      [503, {}],
      [307, { location: '/' }],
      [200, { 'content-type': 'text/html' }],
    ];
    const app = await startApp((response) => {
      response.writeHead(...failures[app.requests.length % 3]!).flushHeaders();
      setTimeout(() => response.end('a'.repeat(10_000)), 5); // Not in one packet with the headers.
    });
    await expect(openCaller({ tries: 20 }).call(app.origin, BODY)).rejects.toThrow('20 tries');
    expect(app.requests.length).toBeGreaterThan(20);
    expect(app.connections).toBeLessThanOrEqual(2);
  });

  it('to one origin are bounded, and further calls wait', async () => {
    const held: ServerResponse[] = [];
    const app = await startApp((response) => held.push(response));
    const caller = openCaller({ connections: 3 });
    const calls = Array.from({ length: 12 }, () => caller.call(app.origin, BODY));
    for (let answered = 0; answered < 12; answered += 3) {
      await eventually(() => held.length === 3);
      for (const response of held.splice(0)) answer(response);
    }
    await Promise.all(calls);
    expect(app.mostConnections).toBe(3);
    expect(app.connections).toBe(3);
  });

  it('to one origin do not hold up those to another', async () => {
    const stuck = await startApp(() => {});
    const app = await startApp((response) => answer(response));
    const caller = openCaller({ connections: 1 });
    const waiting = caller.call(stuck.origin, BODY).catch(() => {});
    await expect(caller.call(app.origin, BODY)).resolves.toBeInstanceOf(Map);
    await caller.stop();
    await waiting;
  });

  it('may lead to a Unix socket', async () => {
    const socketPath = join(folder, 'app one.sock');
    const app = await startApp((response) => answer(response, '{"via": "socket"}'), { socketPath });
    const caller = openCaller();
    const url = `http+unix://user:pass@${encodeURIComponent(socketPath)}/on/message?a=b`;
    for (let count = 0; count < 20; count++) {
      await expect(caller.call(url, BODY)).resolves.toEqual(new Map([['via', '"socket"']]));
    }
    expect(app.requests[19]).toMatchObject({
      path: '/on/message?a=b',
      headers: { host: 'localhost', authorization: `Basic ${btoa('user:pass')}` },
    });
    expect(app.connections).toBeLessThanOrEqual(2);
  });

  it('to two Unix sockets are kept apart', async () => {
    const caller = openCaller();
    for (const name of ['one', 'two']) {
      const socketPath = join(folder, `${name}.sock`);
      await startApp((response) => answer(response, `{"name": "${name}"}`), { socketPath });
      const answered = await caller.call(`http+unix://${encodeURIComponent(socketPath)}/`, BODY);
      expect(answered.get('name')).toBe(`"${name}"`);
    }
  });

  it('to a Unix socket that is not there are a failed try', async () => {
    const url = `http+unix://${encodeURIComponent(join(folder, 'none.sock'))}/`;
    await expect(openCaller().call(url, BODY)).rejects.toThrow(/3 tries: .*ENOENT/);
  });
});

describe('a file of authorities', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '1'];
  let tls: { cert: Buffer; key: Buffer };

  beforeAll(() => {
    const authority = ['-subj', '/CN=Authority', '-keyout', 'ca.key', '-out', 'ca.pem'];
    openssl('req', '-x509', ...newKey, ...authority);
    const server = [
      '-subj',
      '/CN=app',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-addext',
      'basicConstraints=CA:FALSE',
    ];
    openssl(
      'req',
      '-x509',
      ...newKey,
      ...server,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-keyout',
      'app.key',
      '-out',
      'app.pem',
    );
    tls = { cert: readFileSync(file('app.pem')), key: readFileSync(file('app.key')) };
  });

  it('makes a server trusted that shows a certificate of theirs', async () => {
    const app = await startApp((response) => answer(response), { tls });
    const caller = openCaller({ caFile: file('ca.pem') });
    for (let count = 0; count < 20; count++) {
      await expect(caller.call(app.origin, BODY)).resolves.toEqual(new Map([['status', '"ok"']]));
    }
    expect(app.connections).toBeLessThanOrEqual(2);
  });

  it('does not make its certificates good for other hosts', async () => {
    const app = await startApp((response) => answer(response), { tls });
    const caller = openCaller({ caFile: file('ca.pem'), tries: 1 });
    await expect(caller.call(`https://localhost:${app.port}/`, BODY)).rejects.toThrow(/altnames/);
    expect(app.requests).toEqual([]);
  });

  it('is needed to trust them', async () => {
    const app = await startApp((response) => answer(response), { tls });
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(/3 tries: .*certificate/);
    expect(app.requests).toEqual([]);
  });

  it.each(['none.pem', 'app.key', 'garbage.pem'])('stops the start when it is unusable: %s', (name) => {
    writeFileSync(file('garbage.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(() => openCaller({ caFile: file(name) })).toThrow(
      'caFile must name a PEM file of trusted authorities',
    );
  });
});
