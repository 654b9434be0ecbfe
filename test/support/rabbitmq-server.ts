import { connect } from 'amqplib';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateFiles } from './certificates.js';
import { freePort } from './redis-server.js';
import { eventually } from './wait.js';

const START_TIMEOUT_MS = 30_000;
/** Debian's program of this name on the PATH takes the rights of another user; this is what it starts. */
const DEBIAN_BINARY = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const NODE = 'kittiwake@localhost';

interface Ports {
  readonly amqp: number;
  readonly amqps: number;
  readonly distribution: number;
  readonly names: number;
}

/**
 * A real RabbitMQ of a test, on the loopback interface, in a directory of its own and with a name server (epmd) of its
 * own, so that nothing of it stays behind. It takes seconds to start: one is enough for a test file.
 */
export class RabbitMqServer {
  private output = '';
  private children: ChildProcess[] = [];

  private constructor(
    private readonly ports: Ports,
    private readonly directory: string,
    private readonly tls: CertificateFiles | undefined,
  ) {}

  /**
   * Starts `KITTIWAKE_TEST_RABBITMQ_SERVER`, else Debian's, else the rabbitmq-server of the PATH.
   * @param tls given, there is a second port, for TLS with a client certificate that these files sign.
   * @throws with its output when it takes no connection within 30 s.
   */
  static async start(tls?: CertificateFiles): Promise<RabbitMqServer> {
    const [amqp, amqps, distribution, names] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const directory = await mkdtemp(join(tmpdir(), 'kittiwake-rabbitmq-'));
    const server = new RabbitMqServer({ amqp, amqps, distribution, names }, directory, tls);
    try {
      await server.launch();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get port(): number {
    return this.ports.amqp;
  }

  /** The one for TLS. */
  get tlsPort(): number {
    return this.ports.amqps;
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.port}`;
  }

  /** What an operator can do with `rabbitmqctl`; returns what it printed. */
  async control(...args: string[]): Promise<string> {
    const program = join(dirname(binary()), 'rabbitmqctl');
    const run = promisify(execFile);
    const { stdout } = await run(program, ['--quiet', '--node', NODE, ...args], { env: this.environment });
    return stdout;
  }

  /** Ends it at once; what it has on its disk is kept. {@link launch} starts it again. */
  async kill(): Promise<void> {
    await Promise.all(this.children.splice(0).toReversed().map(kill));
  }

  /** As {@link kill}, as a crash of the machine would; nothing is kept. */
  async crash(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Starts it on the ports it had before. */
  async launch(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    if (this.tls) await writeFile(join(this.directory, 'rabbitmq.conf'), tlsLines(this.tlsPort, this.tls));
    await this.run('epmd', ['-port', `${this.ports.names}`, '-address', '127.0.0.1']);
    const server = await this.run(binary(), []);
    let isOver = false;
    server.once('exit', () => (isOver = true));
    const asked = eventually(() => isOver || isAnswering(this.url), {
      timeoutMs: START_TIMEOUT_MS,
      what: 'a connection to RabbitMQ',
    });
    await asked.catch((cause) => Promise.reject(this.failure(cause)));
    if (isOver) throw this.failure(undefined);
  }

  /** Starts it again on the same port, with nothing kept. */
  async restart(): Promise<void> {
    await this.crash();
    await this.launch();
  }

  /** Stopping twice is stopping once. */
  stop(): Promise<void> {
    return this.crash();
  }

  private get environment(): NodeJS.ProcessEnv {
    const { amqp, distribution, names } = this.ports;
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RABBITMQ_'));
    return {
      ...Object.fromEntries(own),
      HOME: this.directory,
      ERL_EPMD_PORT: `${names}`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: NODE,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: `${amqp}`,
      RABBITMQ_DIST_PORT: `${distribution}`,
      RABBITMQ_MNESIA_BASE: join(this.directory, 'data'),
      RABBITMQ_LOG_BASE: join(this.directory, 'log'),
      RABBITMQ_PID_FILE: join(this.directory, 'pid'),
      RABBITMQ_CONFIG_FILE: join(this.directory, 'rabbitmq'),
      RABBITMQ_CONF_ENV_FILE: join(this.directory, 'rabbitmq-env.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(this.directory, 'enabled_plugins'),
      RABBITMQ_GENERATED_CONFIG_DIR: join(this.directory, 'config'),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(this.directory, 'advanced'),
    };
  }

  /** A process group of its own: RabbitMQ is a shell with the server as its child. */
  private async run(program: string, args: readonly string[]): Promise<ChildProcess> {
    const child = spawn(program, args, {
      env: this.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    const killAtExit = (): void => killGroup(child);
    process.once('exit', killAtExit);
    child.once('exit', () => process.removeListener('exit', killAtExit));
    await once(child, 'spawn');
    this.children.push(child);
    return child;
  }

  private failure(cause: unknown): Error {
    return new Error(`rabbitmq-server did not start on port ${this.port}:\n${this.output}`, { cause });
  }
}

function tlsLines(port: number, { certFile, keyFile }: CertificateFiles): string {
  const settings = {
    'listeners.ssl.test': `127.0.0.1:${port}`,
    'ssl_options.cacertfile': certFile,
    'ssl_options.certfile': certFile,
    'ssl_options.keyfile': keyFile,
    'ssl_options.verify': 'verify_peer',
    'ssl_options.fail_if_no_peer_cert': 'true',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

function binary(): string {
  const chosen = process.env['KITTIWAKE_TEST_RABBITMQ_SERVER'];
  return chosen ?? (existsSync(DEBIAN_BINARY) ? DEBIAN_BINARY : 'rabbitmq-server');
}

async function isAnswering(url: string): Promise<true> {
  const connection = await connect(url, { timeout: 1000 });
  await connection.close();
  return true;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'close');
  killGroup(child);
  await exit;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
