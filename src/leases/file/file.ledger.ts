import type { Estate, Ledger, LedgerChanges, LedgerRecord, LedgerState } from '../ledger.js';
import { FileEstate } from './file.estate.js';
import { Journal } from './journal.js';
import { JournalFolder, type JournalName, UNFINISHED } from './journal-folder.js';
import { journalLines } from './journal-lines.js';

/** A journal of this size is written anew when most of it is dead. */
const LEAST_COMPACTED_BYTES = 4_194_304;
/** By so much it grows before. */
const GROWTH = 4;

/**
 * Keeps records in a journal on disk, one for each process, for the next one that looks there. They outlive the process, but
 * not a machine that loses its power. A process that is paused counts as one that lives.
 */
export class FileLedger implements Ledger {
  readonly graceMs = 0;
  private readonly folder: JournalFolder;
  private name: JournalName | undefined;
  private journal: Journal | undefined;
  /** The size when it was last written anew. */
  private compactBytes = 0;

  constructor(
    folder: string,
    private readonly leastCompactedBytes = LEAST_COMPACTED_BYTES,
  ) {
    this.folder = new JournalFolder(folder);
  }

  start(): Promise<void> {
    return this.folder.open();
  }

  async begin(): Promise<void> {
    await this.folder.open();
    await this.folder.show();
    await this.journal?.close();
    this.journal = undefined;
    this.name = { node: this.folder.newNode(), owner: this.folder.owner };
    this.journal = await Journal.create(this.folder.pathOf(this.name));
    this.compactBytes = 0;
  }

  async write(changes: LedgerChanges): Promise<LedgerState> {
    const { size } = this.own;
    if (size > this.leastCompactedBytes && size > GROWTH * this.compactBytes) return 'behind';
    await this.own.add(journalLines(changes));
    return 'kept';
  }

  async rewrite(batches: Iterable<readonly LedgerRecord[]>): Promise<LedgerState> {
    const { own } = this;
    const next = await Journal.create(own.path + UNFINISHED);
    try {
      for (const written of batches) await next.add(journalLines({ written, removed: [] }));
      this.journal = await next.moveTo(own.path);
    } catch (error) {
      await next.remove();
      throw error;
    }
    await own.close();
    this.compactBytes = this.journal.size;
    return 'kept';
  }

  async beat(): Promise<LedgerState> {
    if (await this.own.isInPlace()) return 'kept';
    return (await this.folder.isTaken(this.name!.node)) ? 'fenced' : 'behind';
  }

  probe(): Promise<void> {
    return this.folder.open();
  }

  async claim(): Promise<Estate | undefined> {
    const name = await this.folder.take();
    return name && FileEstate.open(this.folder, name);
  }

  async end(hasLeft: boolean): Promise<void> {
    const { journal, name } = this;
    if (!hasLeft) await journal?.remove();
    else if (journal && name)
      await (await journal.moveTo(this.folder.pathOf(JournalFolder.leftBy(name)))).close();
    await this.folder.hide();
  }

  private get own(): Journal {
    if (!this.journal) throw new Error('the journal of the ledger is not open');
    return this.journal;
  }
}
