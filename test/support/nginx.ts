import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './redis-server.js';
import { eventually } from './wait.js';

/** What turns a stream into one answer at its end, where the gateway does not object. */
export const HOLDING_BACK = [
  'proxy_buffering on;',
  'proxy_buffers 8 256k;',
  'proxy_buffer_size 256k;',
  'proxy_busy_buffers_size 512k;',
  'gzip on;',
  'gzip_proxied any;',
  'gzip_types *;',
  'gzip_min_length 0;',
];

/** What does so all the same. */
export const NO_STREAMS = ['proxy_ignore_headers X-Accel-Buffering;', 'proxy_hide_header Cache-Control;'];

/** A real nginx before a server on the loopback interface. */
export class Nginx {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {}

  /** @param directives of the location of all paths. */
  static async start(upstreamPort: number, directives: readonly string[]): Promise<Nginx> {
    const directory = await mkdtemp(join(tmpdir(), 'kittiwake-nginx-'));
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    await writeFile(file, configuration(directory, port, upstreamPort, directives));
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin`; // where Debian has it, and not everybody looks
    const child = spawn('nginx', ['-p', directory, '-c', file, '-e', 'stderr'], {
      env: { ...process.env, PATH: path },
      stdio: 'ignore',
    });
    const nginx = new Nginx(port, child, directory);
    await eventually(async () => (await fetch(`${nginx.httpUrl}/health/live`)).ok, {
      what: 'nginx',
      timeoutMs: 20_000,
    });
    return nginx;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Can be called again. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
    await rm(this.directory, { recursive: true });
  }
}

function configuration(
  directory: string,
  port: number,
  upstreamPort: number,
  directives: readonly string[],
): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off; master_process off; pid ${directory}/pid;
events {}
http {
  access_log off;
  ${folders.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_set_header Host $http_host;
      ${directives.join('\n      ')}
    }
  }
}
`;
}
