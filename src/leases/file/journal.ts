import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { JournalContent } from './journal-lines.js';

const MODE = 0o600;
/** Never follows a link that somebody has put there. */
const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;

/** A journal that another process has written, and what it says. */
export interface ReadJournal {
  readonly journal: Journal;
  readonly content: JournalContent;
}

/** A file that lines are added to, and whole lines only: what was written in part is written over. */
export class Journal {
  private constructor(
    private readonly file: FileHandle,
    /** Its path, unless it was moved. */
    readonly path: string,
    private bytes: number,
  ) {}

  /** @throws when there is one already, or there can be none. */
  static async create(path: string): Promise<Journal> {
    return new Journal(await open(path, NEW, MODE), path, 0);
  }

  /** Opens one that another process has written, to add lines after the last whole one. @throws when it cannot. */
  static async read(path: string): Promise<ReadJournal> {
    const file = await open(path, 'r+');
    try {
      const content = new JournalContent();
      for await (const bytes of file.createReadStream({ start: 0, autoClose: false }))
        content.push(bytes as Buffer);
      return { journal: new Journal(file, path, content.wholeBytes), content };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.bytes;
  }

  /** Adds lines. They outlive this process once this has resolved, but not the machine. @throws when they do not. */
  async add(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    try {
      for (let done = 0; done < bytes.length;) {
        const left = bytes.length - done;
        done += (await this.file.write(bytes, done, left, this.bytes + done)).bytesWritten;
      }
    } catch (error) {
      await this.file.truncate(this.bytes).catch(() => undefined); // silent: the next lines are written over it
      throw error;
    }
    this.bytes += bytes.length;
  }

  /** Whether it is still where it was. @throws when that cannot be said. */
  async isInPlace(): Promise<boolean> {
    const [own, found] = await Promise.all([this.file.stat(), statOf(this.path)]);
    return found !== undefined && found.ino === own.ino && found.dev === own.dev;
  }

  /** @returns it, at its new path. @throws when it cannot be moved. */
  async moveTo(path: string): Promise<Journal> {
    await rename(this.path, path);
    return new Journal(this.file, path, this.bytes);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.close();
  }
}

async function statOf(path: string): Promise<{ readonly ino: number; readonly dev: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
