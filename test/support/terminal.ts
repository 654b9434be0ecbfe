import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI } from './cli.js';
import { eventually } from './wait.js';

/** A command on a terminal: `script` of util-linux makes one. */
export class Terminal {
  /** All that it has shown, typed answers included. */
  shown = '';
  private code: number | null | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.shown += text));
    void once(child, 'close').then(([code]) => (this.code = code as number | null));
  }

  /** Runs `kittiwake` with only these variables, and the PATH. */
  static start(args: readonly string[], env: Readonly<Record<string, string>>): Terminal {
    const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new Terminal(child);
  }

  type(text: string): void {
    this.child.stdin!.write(text);
  }

  async shows(text: string): Promise<void> {
    await eventually(() => this.shown.includes(text), { timeoutMs: 15_000, what: `${text} on the terminal` });
  }

  /** @returns its exit code. */
  async untilEnded(): Promise<number | null> {
    await eventually(() => this.code !== undefined, { timeoutMs: 15_000, what: 'the end of the command' });
    return this.code!;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
