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
/** Of a folder: group and others may write to it. */
const OTHERS_WRITE = 0o022;
/** The kernel has room for no more, less the byte that ends it (`sun_path`, unix(7)). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/**
 * The folder where programs of the same user find the gateway: `<worker>.url` has its address and its secret,
 * `<worker>.sock` is its socket, `<worker>.pid` has its process. Each appears whole, and for this user only.
 */
export class StateFolder {
  /** What stands under its own name: nothing else is removed. */
  private readonly placed = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly worker: string,
  ) {}

  /**
   * Who may write to the folder can put another socket, or another address, in the place of the gateway's, and be called
   * instead of it.
   * @returns what is wrong with the setting; nothing where there is no folder yet.
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

  /** Makes the folder if there is none. @throws {StateError} also when it is not for this user alone to write to. */
  open(): void {
    attempt(`the folder ${this.folder} cannot be made`, () =>
      mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE }),
    );
    const problem = this.problem();
    if (problem !== undefined) throw new StateError(problem);
  }

  /** @throws {StateError} when a living process has the socket. That of one that is dead is in nobody's way. */
  async refuseIfTaken(): Promise<void> {
    const path = this.path('sock');
    if (await answers(path)) throw new StateError(`${path} is the socket of another process that runs`);
  }

  /**
   * Has somebody listen in a folder that nobody else can look into, until {@link placeSocket}: under its own name the
   * socket is never seen with another mode, nor gone while a new process replaces it.
   * @throws {StateError} when a path is too long for a socket.
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

  /** Puts the socket that listens at its place. @throws {StateError} */
  placeSocket(): void {
    chmodSync(this.unplacedSocket, FILE_MODE);
    this.place('sock', this.unplacedSocket);
    rmdirSync(this.ownFolder);
  }

  /** @throws {StateError} */
  write(extension: 'url' | 'pid', text: string): void {
    const path = this.unplaced(extension);
    attempt(`${this.path(extension)} cannot be written`, () => {
      rmSync(path, { force: true });
      writeFileSync(path, text, { mode: FILE_MODE, flag: 'wx' });
    });
    this.place(extension, path);
  }

  /** Removes the files, unless they are those of another process by now, and what never came to its place. */
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
      return undefined; // there is none
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
    // EAGAIN: so many connect that this one has no place.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  });
}
