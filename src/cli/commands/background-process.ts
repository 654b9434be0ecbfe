import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../../server/main.js', import.meta.url));
/** For the owner only: the output may contain paths or keys. */
const LOG_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A gateway that outlives the command that starts it. Its output is appended to a file, or lost. */
export class BackgroundProcess {
  /** After its end: the code, the signal, or the error of the start. */
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

  /** Its output since the start; empty without a log file. */
  get printed(): string {
    return this.log === undefined ? '' : readFileSync(this.log).toString('utf8', this.logStart).trim();
  }

  /** Lets this process end while the gateway runs on. */
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
