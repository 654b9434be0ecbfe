import { Appends } from './appends.js';
import type { HistoryKeys, SlotTag } from './keys.js';
import { Pump } from './pump.js';
import { Reads } from './reads.js';
import type { HistoryServer } from './server.js';
import { Tops } from './tops.js';

/** The histories of the channels of one slot. */
export class SlotHistory {
  readonly appends: Appends;
  readonly reads: Reads;
  readonly tops: Tops;
  readonly pump: Pump;

  constructor(keys: HistoryKeys, tag: SlotTag, server: HistoryServer) {
    this.appends = new Appends(keys, tag, server);
    this.reads = new Reads(keys, server);
    this.tops = new Tops(keys, server);
    this.pump = new Pump(keys, tag, server);
  }
}
