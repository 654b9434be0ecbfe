import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './redis-server.js';
import { eventually, WaitError } from './wait.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 20_000;
export const BUILD_TIMEOUT_MS = 60_000;

export interface ProcessOptions {
  /** Only these variables, and the PATH. */
  readonly env?: Record<string, string>;
  /** The content of the configuration file; without it, there is none. */
  readonly config?: unknown;
  /** The content of a `.env` file in the folder that the process runs in. */
  readonly dotEnv?: string;
  /** When it counts as ready. Default: when it says so over HTTP. */
  readonly isReady?: () => unknown;
  /** How long it may take until it is ready. Default: 15 s. */
  readonly startTimeoutMs?: number;
  /** What it reads from standard input; nothing if it is absent. */
  readonly input?: string;
  /** How long {@link ServerProcess.run} gives it. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Default: the server. */
  readonly command?: readonly [
    file: 'server/main.js' | 'server/health-check.js' | 'cli/main.js',
    ...args: string[],
  ];
}

/** How a process ended, and all it printed. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built gateway as a process of its own, in an empty folder; see {@link ensureBuilt}. It does not outlive the test. */
export class ServerProcess {
  stdout = '';
  stderr = '';
  private end: ProcessEnd | undefined;
  private readonly ended: Promise<void>;

  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    folder: string,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    this.ended = once(child, 'close').then(async ([code, signal]) => {
      process.removeListener('exit', killAtExit);
      this.end = { code, signal, stdout: this.stdout, stderr: this.stderr };
      await rm(folder, { recursive: true });
    });
  }

  /** Starts it, on `KITTIWAKE_PORT` or a free port, and waits until it is ready. */
  static async start(options: ProcessOptions = {}): Promise<ServerProcess> {
    const port = Number(options.env?.['KITTIWAKE_PORT'] ?? (await freePort()));
    const server = await ServerProcess.launch(port, options);
    const isReady = options.isReady ?? ((): Promise<boolean> => server.isReady());
    await eventually(() => server.end ?? isReady(), {
      timeoutMs: options.startTimeoutMs ?? START_TIMEOUT_MS,
      what: 'a ready gateway',
    });
    if (server.end) throw server.failure('ended before it was ready');
    return server;
  }

  /** Runs it until it ends by itself. */
  static async run(options: ProcessOptions = {}): Promise<ProcessEnd> {
    const server = await ServerProcess.launch(await freePort(), options);
    return server.untilEnded(options.timeoutMs);
  }

  private static async launch(port: number, options: ProcessOptions): Promise<ServerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-process-'));
    const env: Record<string, string> = { PATH: process.env['PATH'] ?? '', ...options.env };
    if (options.dotEnv === undefined) env['KITTIWAKE_PORT'] ??= `${port}`;
    else await writeFile(join(folder, '.env'), options.dotEnv);
    if (!hasOperators(options.config)) env['KITTIWAKE_OPERATORS_PORT'] ??= '0';
    if (options.config !== undefined) {
      env['KITTIWAKE_CONFIG'] = 'kittiwake.yaml';
      // JSON is YAML too.
      await writeFile(join(folder, 'kittiwake.yaml'), JSON.stringify(options.config));
    }
    const [file, ...args] = options.command ?? ['server/main.js'];
    const argv = [join(ROOT, 'dist', file), ...args];
    const stdin = options.input === undefined ? 'ignore' : 'pipe';
    const child = spawn(process.execPath, argv, { cwd: folder, env, stdio: [stdin, 'pipe', 'pipe'] });
    child.stdin?.end(options.input);
    return new ServerProcess(port, child, folder);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where operators ask. @throws when it has not said so: not yet, or not at this level of its log. */
  get operatorsUrl(): string {
    const url = /what is for operators is at (http:[^"\s]+)/.exec(this.stdout)?.[1];
    if (url === undefined) throw this.failure('has not said where operators ask');
    return url;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Absent as long as it runs. One that has replaced it may run on, and print. */
  get exitCode(): number | undefined {
    return this.child.exitCode ?? undefined;
  }

  /** All it printed. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  signal(signal: NodeJS.Signals): this {
    this.child.kill(signal);
    return this;
  }

  /** @throws when it does not end in time; then it is killed. */
  async untilEnded(timeoutMs = END_TIMEOUT_MS): Promise<ProcessEnd> {
    try {
      return await eventually(() => this.end, { timeoutMs, what: 'the end of the process' });
    } catch (cause) {
      await this.stop();
      throw this.failure('did not end', cause);
    }
  }

  /** Ends it at once, as a crash would; one that has ended is left alone. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private async isReady(): Promise<boolean> {
    return (await fetch(`${this.httpUrl}/health/ready`, { signal: AbortSignal.timeout(1000) })).ok;
  }

  private failure(what: string, cause?: unknown): Error {
    return new WaitError(`the gateway ${what}. It printed:\n${this.output}`, { cause });
  }
}

function hasOperators(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'operators' in config;
}

/** Builds the project unless the build is newer than its sources. Test files that run side by side build once. */
export async function ensureBuilt(): Promise<void> {
  const lock = join(tmpdir(), `kittiwake-build-${Buffer.from(ROOT).toString('base64url')}`);
  const outcome = await eventually(() => (isBuilt() ? 'built' : buildAlone(lock)), {
    timeoutMs: BUILD_TIMEOUT_MS,
    what: 'the build',
  });
  if (outcome !== 'built') throw new Error(outcome);
}

function isBuilt(): boolean {
  const builtAtMs = statSync(join(ROOT, 'dist/server/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return sources
    .filter((file) => /\.(?:ts|js|css|html)$/.test(file) && !file.endsWith('.spec.ts'))
    .every((file) => statSync(join(ROOT, 'src', file)).mtimeMs <= builtAtMs);
}

/** @returns what went wrong, if anything did; nothing when another process builds. */
function buildAlone(lock: string): string | undefined {
  try {
    mkdirSync(lock);
  } catch {
    // Another process has it, or left it behind when it was killed.
    const ageMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > BUILD_TIMEOUT_MS) rmSync(lock, { recursive: true, force: true });
    return undefined;
  }
  try {
    const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' });
    return status === 0 ? 'built' : `npm run build failed:\n${stdout}${stderr}`;
  } finally {
    rmSync(lock, { recursive: true });
  }
}
