import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { eventually } from './wait.js';

/** Below those that the system gives to connections, any of which may be taken at any moment. */
const FIRST_PORT = 12_000;
const PORTS = 18_000;

const START_TIMEOUT_MS = 10_000;
const START_TRIES = 3;

export interface RedisServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Further command line arguments, such as `--requirepass secret`. */
  readonly args?: readonly string[];
  /** PEM files; given, the server speaks TLS alone, and asks clients for a certificate only when it is told to. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly asksClients?: boolean };
  /** The lines of its configuration; given, the server is a Sentinel. */
  readonly sentinel?: readonly string[];
}

/** A real redis-server of a test, on the loopback interface, in a directory of its own. */
export class RedisServer {
  private readonly output: string[] = [];

  private constructor(
    readonly port: number,
    private readonly options: RedisServerOptions,
    private readonly directory: string,
    private child: ChildProcess,
  ) {}

  /**
   * Starts `KITTIWAKE_TEST_REDIS_SERVER`, else the redis-server of the PATH.
   * @throws with its output when it does not answer within 10 s.
   */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    for (let left = START_TRIES - 1; ; left--) {
      const port = options.port ?? (await freePort());
      const directory = await mkdtemp(join(tmpdir(), 'kittiwake-redis-'));
      const server = new RedisServer(port, options, directory, await launch(port, options, directory));
      try {
        await server.answers();
        return server;
      } catch (error) {
        await server.stop();
        // Another process may have taken the free port in between.
        if (left === 0 || options.port !== undefined) throw error;
      }
    }
  }

  get url(): string {
    return `${this.options.tls ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Stops it from running while its sockets stay open. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends it at once, as a crash would; it can be started again. */
  kill(): Promise<void> {
    return kill(this.child);
  }

  /** Ends it at once, and takes what it has written away. Stopping twice is stopping once. */
  async stop(): Promise<void> {
    await kill(this.child);
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Starts it again on the same port, with nothing kept; stops it before if need be. */
  async restart(): Promise<void> {
    await kill(this.child);
    this.child = await launch(this.port, this.options, this.directory);
    await this.answers();
  }

  private async answers(): Promise<void> {
    this.child.stdout?.on('data', (data: Buffer) => this.output.push(data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => this.output.push(data.toString()));
    let isOver = false;
    this.child.once('exit', () => (isOver = true));
    const asked = eventually(() => isOver || ping(this.port, this.options.tls), {
      timeoutMs: START_TIMEOUT_MS,
      what: 'an answer of redis-server',
    });
    await asked.catch((cause) => Promise.reject(this.failure(cause)));
    if (isOver) throw this.failure(undefined);
  }

  private failure(cause: unknown): Error {
    return new Error(`redis-server did not start on port ${this.port}:\n${this.output.join('')}`, { cause });
  }
}

/** A port of the loopback interface that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = new Promise<boolean>((resolve) => {
    server.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  server.listen(port, '127.0.0.1');
  const isListening = await listening;
  if (!isListening) return false;
  server.close();
  await once(server, 'close');
  return true;
}

async function launch(port: number, options: RedisServerOptions, directory: string): Promise<ChildProcess> {
  await mkdir(directory, { recursive: true });
  const args = [
    ...(options.sentinel ? [await sentinelFile(options.sentinel, directory), '--sentinel'] : ['--save', '']),
    '--bind',
    '127.0.0.1',
    '--dir',
    directory,
    ...portArguments(port, options),
    ...(options.args ?? []),
  ];
  const binary = process.env['KITTIWAKE_TEST_REDIS_SERVER'] ?? 'redis-server';
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child, 'spawn');
  guard(child, directory);
  return child;
}

/** Ends the server when this process does, however: its end of the pipe closes then. */
function guard(server: ChildProcess, directory: string): void {
  const script = 'read -r _; kill -9 "$0"; rm -rf "$1"';
  const guardian = spawn('sh', ['-c', script, `${server.pid}`, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('exit', () => guardian.kill('SIGKILL'));
}

function portArguments(port: number, { tls }: RedisServerOptions): string[] {
  if (!tls) return ['--port', `${port}`];
  const files = [
    '--tls-cert-file',
    tls.certFile,
    '--tls-key-file',
    tls.keyFile,
    '--tls-ca-cert-file',
    tls.certFile,
  ];
  return [
    '--port',
    '0',
    '--tls-port',
    `${port}`,
    '--tls-auth-clients',
    tls.asksClients ? 'yes' : 'no',
    ...files,
  ];
}

async function sentinelFile(lines: readonly string[], directory: string): Promise<string> {
  const path = join(directory, 'sentinel.conf');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** Whether the server answers, be it that it wants a password first. */
async function ping(port: number, tls: RedisServerOptions['tls']): Promise<boolean> {
  const where = { host: '127.0.0.1', port };
  const socket: Socket = tls ? connectTls(trusting(where, tls)) : connect(where);
  try {
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.write('PING\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(data.toString());
  } finally {
    socket.destroy();
  }
}

function trusting(
  where: { host: string; port: number },
  { certFile, keyFile }: NonNullable<RedisServerOptions['tls']>,
): TlsOptions {
  return { ...where, cert: readFileSync(certFile), key: readFileSync(keyFile), rejectUnauthorized: false };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // Ends a frozen process too.
  child.kill('SIGKILL');
  await exit;
}
