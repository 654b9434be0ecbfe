import type { Estate } from '../ledger.js';
import { Journal, type ReadJournal } from './journal.js';
import { JournalFolder, type JournalName } from './journal-folder.js';
import { type JournalContent, journalLines, takenLine } from './journal-lines.js';

/** The journal of a process that is gone. */
export class FileEstate implements Estate {
  /** Another process has taken it. */
  private isLost = false;

  private readonly journal: Journal;
  private readonly content: JournalContent;

  private constructor(
    private readonly folder: JournalFolder,
    private readonly name: JournalName,
    { journal, content }: ReadJournal,
    readonly takenAtMs: number,
  ) {
    this.journal = journal;
    this.content = content;
  }

  /** @throws when it cannot be read. */
  static async open(folder: JournalFolder, name: JournalName): Promise<FileEstate> {
    const { journal, content } = await Journal.read(folder.pathOf(name));
    const takenAtMs = content.takenAtMs ?? Date.now();
    if (content.takenAtMs === undefined) await journal.add(takenLine(takenAtMs));
    return new FileEstate(folder, name, { journal, content }, takenAtMs);
  }

  get node(): string {
    return this.name.node;
  }

  async keys(): Promise<string[]> {
    return [...this.content.records.keys()];
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return keys.map((key) => this.content.records.get(key));
  }

  async keep(): Promise<boolean> {
    if (this.isLost) return false;
    if (await this.journal.isInPlace()) return true;
    this.isLost = true;
    await this.journal.close();
    return false;
  }

  async forget(removed: readonly string[]): Promise<boolean> {
    if (!(await this.keep())) return false;
    await this.journal.add(journalLines({ written: [], removed }));
    for (const key of removed) this.content.records.delete(key);
    return true;
  }

  async finish(): Promise<void> {
    await this.journal.remove();
  }

  async release(): Promise<void> {
    if (!(await this.keep())) return;
    const left = await this.journal.moveTo(this.folder.pathOf(JournalFolder.leftBy(this.name)));
    await left.close();
  }
}
