import { Appends } from './appends.js';
import type { HistoryKeys } from './keys.js';
import { Reads, type ReadKept } from './reads.js';
import type { HistoryServer } from './server.js';
import { Tops } from './tops.js';

/** The histories of the channels of one slot. */
export class SlotHistory {
  readonly appends: Appends;
  readonly reads: Reads;
  readonly tops: Tops;

  constructor(keys: HistoryKeys, command: 'PUBLISH' | 'SPUBLISH', server: HistoryServer, readKept: ReadKept) {
    this.appends = new Appends(keys, command, server);
    this.reads = new Reads(keys, server, readKept);
    this.tops = new Tops(keys, server);
  }
}
