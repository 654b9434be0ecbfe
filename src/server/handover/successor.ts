import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { InheritedSocket } from '../../connection/upgrade/listeners.js';
import { SUCCESSOR_MARK } from '../environment.js';

/** The standard streams and the channel come before the sockets. */
const FIRST_SOCKET_FD = 4;

/** The command that starts the new process. */
export interface SuccessorCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}

/** The sockets and the secret that a process hands over to its successor. */
export interface Legacy {
  readonly sockets: readonly InheritedSocket[];
  /** The service secret, if none is configured: programs that have read it go on calling. */
  readonly secret?: string | undefined;
  /** Whether it has histories in its memory. */
  readonly hasHistory?: boolean | undefined;
}

/** A message of the new process: where it waits for the histories, or that it serves. */
export type SuccessorMessage = { readonly historyPath: string } | { readonly isReady: true };

/** A process that is started to take over from this one, and outlives it. */
export class Successor {
  private readonly child: ChildProcess;
  private readonly settled = new AbortController();

  /** @param giveHistory gives the histories to the process, on a Unix socket. */
  constructor(
    { file, args, environment }: SuccessorCommand,
    legacy: Legacy,
    private readonly giveHistory?: (path: string) => Promise<void>,
  ) {
    this.child = spawn(file, args, {
      detached: true,
      env: { ...environment, ...SUCCESSOR_MARK },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...legacy.sockets.map(({ fd }) => fd)],
    });
    this.child.on('error', () => undefined); // ready() reports what matters
    const sockets = legacy.sockets.map((socket, index) => ({ ...socket, fd: FIRST_SOCKET_FD + index }));
    this.child.send({ ...legacy, sockets }, () => undefined); // if it fails, the process has ended
  }

  /**
   * Resolves when the process serves.
   * @returns its process id.
   * @throws when it ends before that, cannot be started, or takes too long: then it is killed.
   */
  async ready(timeoutMs: number): Promise<number> {
    const end = (): void => void this.child.kill('SIGKILL');
    process.once('exit', end);
    const timer = setTimeout(end, timeoutMs);
    try {
      await Promise.race([this.serves(), this.ended(timeoutMs)]);
    } finally {
      clearTimeout(timer);
      process.off('exit', end);
      this.settled.abort();
    }
    if (this.child.connected) this.child.disconnect();
    this.child.unref();
    return this.child.pid!;
  }

  private async serves(): Promise<void> {
    const [message] = (await this.event('message')) as [SuccessorMessage];
    if (!('historyPath' in message)) return;
    await this.giveHistory?.(message.historyPath);
    await this.serves();
  }

  private async ended(timeoutMs: number): Promise<never> {
    const [code, signal] = (await this.event('exit')) as [number | null, NodeJS.Signals | null];
    const how =
      signal === 'SIGKILL' ? `was not ready after ${timeoutMs / 1_000} s` : `ended with ${signal ?? code}`;
    throw new Error(`the new process ${how}`);
  }

  /** The next event of that name; no longer waited for once {@link ready} is over. */
  private event(name: 'message' | 'exit'): Promise<unknown[]> {
    const event = once(this.child, name, { signal: this.settled.signal });
    event.catch(() => undefined);
    return event;
  }
}
