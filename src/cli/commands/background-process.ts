import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../../server/main.js', import.meta.url));
/** What it prints may have a path or a key in it. */
const LOG_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A gateway that outlives the command that starts it. What it prints is added to a file, or lost. */
export class BackgroundProcess {
  /** Once it has ended: with which code, or by which signal. */
  end: string | undefined;
  private readonly child: ChildProcess;
  private readonly logStart: number;

  constructor(
    private readonly log: string | undefined,
    env: Readonly<NodeJS.ProcessEnv>,
  ) {
    const output = log === undefined ? 'ignore' : openLog(log);
    this.logStart = log === undefined ? 0 : statSync(log).size;
    this.child = spawn(process.execPath, [SERVER], {
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    if (typeof output === 'number') closeSync(output);
    this.child.once('error', (error) => (this.end = error.message));
    this.child.once('exit', (code, signal) => (this.end = signal ?? `code ${code}`));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it has printed, as far as that is kept. */
  get printed(): string {
    return this.log === undefined ? '' : readFileSync(this.log).toString('utf8', this.logStart).trim();
  }

  /** Lets this process end without it. */
  release(): void {
    this.child.unref();
  }

  stop(): void {
    this.child.kill();
  }
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE });
  return openSync(file, 'a', LOG_MODE);
}
