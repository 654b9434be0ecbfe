import { toJsonText, type JsonText } from '../../../protocol/json/json.js';
import { BrokerError } from '../../broker.error.js';
import type { Member, PresenceChange, PresencePage } from '../../presence-book.js';
import type { HistoryKeys, SlotTag } from '../history/keys.js';
import type { RedisScript } from '../history/script.js';
import type { HistoryServer } from '../history/server.js';
import { Batches } from '../history/batches.js';
import { OWN_FIELD, READ_MEMBERS, WRITE_CHANGES } from './lua.js';

/** Few enough not to hold up Redis, enough to share the price of a call. */
const CHANNELS_PER_CALL = 64;
const BYTES_PER_CALL = 262_144;
/** The least bytes of a change. */
const CHANGE_BYTES = 32;
const USE = 'say who is present';

interface Write {
  readonly channel: string;
  readonly changes: readonly PresenceChange[];
  readonly max: number;
}

type Read = Pick<Write, 'channel' | 'max'>;

/** The script's answer for a channel. */
type Page = readonly [number: string, count: number, members?: readonly string[]];

/** The members present on the channels of one slot: a hash of connections and one of members for each. */
export class SlotPresence {
  private readonly writes: Batches<Write, number>;
  private readonly reads: Batches<Read, PresencePage>;

  constructor(
    private readonly keys: HistoryKeys,
    private readonly tag: SlotTag,
    private readonly server: HistoryServer,
  ) {
    const bounds = { maxItems: CHANNELS_PER_CALL, maxBytes: BYTES_PER_CALL, bytesOf };
    this.writes = new Batches<Write, number>(bounds, (writes) => this.write(writes));
    this.reads = new Batches<Read, PresencePage>({ maxItems: CHANNELS_PER_CALL }, (reads) =>
      this.read(reads),
    );
  }

  /** @throws {BrokerError} when it could not be written, or not be said whether it was. */
  async add(channel: string, changes: readonly PresenceChange[], max: number): Promise<number> {
    this.server.scripts(USE);
    return this.writes.add({ channel, changes, max });
  }

  /** @throws {BrokerError} */
  async page(channel: string, max: number): Promise<PresencePage> {
    this.server.scripts(USE);
    return this.reads.add({ channel, max });
  }

  private async write(writes: readonly Write[]): Promise<number[]> {
    const keys = writes.flatMap(({ channel }) => [
      this.keys.connections(channel),
      this.keys.members(channel),
    ]);
    const args = writes.flatMap(({ channel, changes, max }) => [
      this.keys.channel(channel),
      toJsonText(channel),
      max,
      changes.length,
      ...changes.flatMap(({ connection, member }) => [connection, member?.key ?? '', member?.text ?? '']),
    ]);
    const numbers = (await this.run(WRITE_CHANGES, keys, [this.tag.command, ...args])) as string[];
    return numbers.map(Number);
  }

  private async read(reads: readonly Read[]): Promise<PresencePage[]> {
    const keys = reads.map(({ channel }) => this.keys.members(channel));
    const pages = (await this.run(
      READ_MEMBERS,
      keys,
      reads.map(({ max }) => max),
    )) as Page[];
    return pages.map(([number, count, members]) => ({
      number: Number(number),
      count,
      members: members && membersOf(members),
    }));
  }

  private async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await this.server.scripts(USE).run(script, keys, args);
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      throw this.server.explained(USE, error);
    }
  }
}

function bytesOf({ changes }: Write): number {
  let bytes = 0;
  for (const { member } of changes)
    bytes += CHANGE_BYTES + (member ? member.key.length + member.text.length : 0);
  return bytes;
}

/** Fields and values of the hash of members. */
function membersOf(fields: readonly string[]): Member[] {
  const members: Member[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key, value] = [fields[at]!, fields[at + 1]!];
    if (key !== OWN_FIELD) members.push({ key, text: value.slice(value.indexOf(' ') + 1) as JsonText });
  }
  return members;
}
