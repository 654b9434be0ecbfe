import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerFolderError } from '../ledger-folder.error.js';
import { LifeSign, MAX_SOCKET_PATH_BYTES } from './life-sign.js';

const FOLDER_MODE = 0o700;
/** Mode bits: the group or others may write. */
const OTHERS_WRITE = 0o022;
const ID_BYTES = 4;
const JOURNAL = /^([0-9a-f]+)\.([0-9a-f]+|-)\.journal$/;
const NOBODY = '-';
/** After the name of a journal: one that is to take its place. */
export const UNFINISHED = '.new';

/** A journal in the folder: the node that wrote it, and the process that has it. */
export interface JournalName {
  readonly node: string;
  readonly owner: string;
}

/**
 * The folder with the journals of the processes of one gateway on one machine: `<node>.<owner>.journal`, and a sign of life of
 * each owner by its id alone. A journal is taken by giving it another name, which only one process can.
 */
export class JournalFolder {
  /** The id of this process. */
  readonly owner = newId();
  private life: LifeSign | undefined;

  constructor(private readonly folder: string) {}

  /** Makes the folder. @throws {LedgerFolderError} when others could write there, or its path is too long. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const { mode, uid } = await stat(this.folder);
    const own = process.getuid?.();
    if (own !== undefined && (uid !== own || (mode & OTHERS_WRITE) !== 0))
      throw new LedgerFolderError(`the folder ${this.folder} of the ledger must belong to the gateway alone`);
    if (Buffer.byteLength(this.signOf(this.owner)) > MAX_SOCKET_PATH_BYTES)
      throw new LedgerFolderError(
        `the path of the ledger is too long for sockets, ${this.folder}: set a shorter ledger.dir`,
      );
  }

  /** Shows others that what this process has is not to be taken. */
  async show(): Promise<void> {
    this.life ??= await LifeSign.show(this.signOf(this.owner));
  }

  async hide(): Promise<void> {
    await this.life?.hide();
    this.life = undefined;
  }

  newNode(): string {
    return newId();
  }

  pathOf({ node, owner }: JournalName): string {
    return join(this.folder, `${node}.${owner}.journal`);
  }

  /** Whether a process has taken the journal of a node. */
  async isTaken(node: string): Promise<boolean> {
    return (await this.journals()).some((name) => name.node === node);
  }

  /** Takes a journal of which the owner is gone. @returns nothing when there is none. */
  async take(): Promise<JournalName | undefined> {
    for (const name of await this.journals()) {
      if (name.owner === this.owner || !(await this.isAbandoned(name.owner))) continue;
      await this.show();
      const taken = { node: name.node, owner: this.owner };
      if (!(await isRenamed(this.pathOf(name), this.pathOf(taken)))) continue;
      await rm(`${this.pathOf(name)}${UNFINISHED}`, { force: true });
      if (name.owner !== NOBODY) await rm(this.signOf(name.owner), { force: true });
      return taken;
    }
    return undefined;
  }

  /** The name of a journal that anybody may take. */
  static leftBy({ node }: JournalName): JournalName {
    return { node, owner: NOBODY };
  }

  private async isAbandoned(owner: string): Promise<boolean> {
    return owner === NOBODY || !(await LifeSign.isShown(this.signOf(owner)));
  }

  private async journals(): Promise<JournalName[]> {
    const names = await readdir(this.folder);
    return names.flatMap((name) => {
      const [, node, owner] = JOURNAL.exec(name) ?? [];
      return node === undefined || owner === undefined ? [] : [{ node, owner }];
    });
  }

  private signOf(owner: string): string {
    return join(this.folder, owner);
  }
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // another process has been quicker
    throw error;
  }
}

function newId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}
