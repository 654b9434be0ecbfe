import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.js';
import { StateError } from './state-error.js';
import type { UnixListener } from './unix-listener.js';

const SETTING = 'procedures.local.stateDir';
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Mode bits: the group or others may write. */
const OTHERS_WRITE = 0o022;
/** The size of `sun_path` (unix(7)) without the terminating null byte. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/**
 * The folder where programs of the same user find the gateway: `<worker>.url` has its address and its secret,
 * `<worker>.sock` is its socket, `<worker>.pid` has its process id. Each is placed atomically, readable by this user
 * only.
 */
export class StateFolder {
  /** The extensions of placed files: only these are removed. */
  private readonly placed = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly worker: string,
  ) {}

  /**
   * Checks the owner and the mode of the folder: another user who can write to it could replace the gateway's socket or
   * address, and be called in its place.
   * @returns the error text; `undefined` if the folder is fine or does not exist yet.
   */
  problem(): string | undefined {
    const found = statSync(this.folder, { throwIfNoEntry: false });
    const uid = process.getuid?.();
    if (!found || uid === undefined) return undefined;
    if (!found.isDirectory()) return `${SETTING}: ${this.folder} is not a folder`;
    if ((found.mode & OTHERS_WRITE) !== 0)
      return `${SETTING}: others may write to the folder ${this.folder}: chmod go-w ${this.folder}, or name one of the gateway's own`;
    if (found.uid === uid) return undefined;
    return `${SETTING}: the folder ${this.folder} belongs to another user (${found.uid}, not ${uid}): name one of the gateway's own`;
  }

  /** Makes the folder if there is none. @throws {StateError} when that fails, or others may write to it. */
  open(): void {
    attempt(`the folder ${this.folder} cannot be made`, () =>
      mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE }),
    );
    const problem = this.problem();
    if (problem !== undefined) throw new StateError(problem);
  }

  /** @throws {StateError} when a process listens on the socket; a stale one is replaced later. */
  async refuseIfTaken(): Promise<void> {
    const path = this.path('sock');
    if (await answers(path)) throw new StateError(`${path} is the socket of another process that runs`);
  }

  /**
   * Listens in a private folder until {@link placeSocket}: so the socket never appears under its own name with another
   * mode, nor disappears while a new process replaces it.
   * @throws {StateError} when the path is too long for a socket, or the private folder cannot be made.
   */
  async listen(listener: UnixListener): Promise<void> {
    const path = this.unplacedSocket;
    const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(this.path('sock')));
    if (bytes > MAX_SOCKET_PATH_BYTES) {
      const limit = `${bytes} bytes, at most ${MAX_SOCKET_PATH_BYTES}`;
      throw new StateError(
        `the path of the socket is too long (${limit}); set a shorter procedures.local.stateDir`,
      );
    }
    rmSync(this.ownFolder, { recursive: true, force: true });
    attempt(`the folder ${this.ownFolder} cannot be made`, () => mkdirSync(this.ownFolder, FOLDER_MODE));
    await listener.listen(path);
  }

  /** Moves the listening socket to its own name. @throws {StateError} when that fails. */
  placeSocket(): void {
    chmodSync(this.unplacedSocket, FILE_MODE);
    this.place('sock', this.unplacedSocket);
    rmdirSync(this.ownFolder);
  }

  /** Replaces a file atomically. @throws {StateError} when that fails. */
  write(extension: 'url' | 'pid', text: string): void {
    const path = this.unplaced(extension);
    attempt(`${this.path(extension)} cannot be written`, () => {
      rmSync(path, { force: true });
      writeFileSync(path, text, { mode: FILE_MODE, flag: 'wx' });
    });
    this.place(extension, path);
  }

  /** Removes unplaced files, and the placed ones unless the folder belongs to another process by now. */
  remove(): void {
    const isOurs = this.pid === process.pid;
    rmSync(this.ownFolder, { recursive: true, force: true });
    for (const extension of ['url', 'sock', 'pid'] as const) {
      rmSync(this.unplaced(extension), { force: true });
      if (isOurs && this.placed.has(extension)) rmSync(this.path(extension), { force: true });
    }
  }

  private get pid(): number | undefined {
    try {
      return Number(readFileSync(this.path('pid'), 'utf8'));
    } catch {
      return undefined; // no file
    }
  }

  private place(extension: string, from: string): void {
    attempt(`${this.path(extension)} cannot be written`, () => renameSync(from, this.path(extension)));
    this.placed.add(extension);
  }

  private path(extension: string): string {
    return join(this.folder, `${this.worker}.${extension}`);
  }

  private get ownFolder(): string {
    return join(this.folder, `.${process.pid}`);
  }

  private get unplacedSocket(): string {
    return join(this.ownFolder, 'sock');
  }

  private unplaced(extension: string): string {
    return join(this.folder, `.${process.pid}.${extension}`);
  }
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw new StateError(`${what}: ${messageOf(cause)}`, { cause });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // EAGAIN: somebody listens, but the backlog is full.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  });
}
