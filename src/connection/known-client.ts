import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { LogParty } from '../metrics/log-line.js';
import type { Refusals } from '../metrics/refusals.js';
import { verdictOn } from '../protocol/verdict.js';
import { type AddressRules, canonicalAddress } from './client-address.js';

const BLOCK_BYTES = 16;
/** Ids are the numbers of this process's connections, encrypted: a client must not guess the ids of others. */
const key = randomBytes(BLOCK_BYTES);
const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
const NUMBER_BYTES = 6;
/** The bits of a block in which a UUID has its version and its variant. */
const LOST_BITS = 6;
let count = 0;

/** The number of the connection of this process with an id; nothing for the id of another. */
export function numberOfId(id: string): number | undefined {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  if (bytes.length !== BLOCK_BYTES) return undefined;
  for (let bits = 0; bits < 2 ** LOST_BITS; bits++) {
    bytes[6] = (bytes[6]! & 0x0f) | ((bits & 0x0f) << 4);
    bytes[8] = (bytes[8]! & 0x3f) | ((bits >> 4) << 6);
    const block = decipher.update(bytes);
    if (block.subarray(NUMBER_BYTES).every((byte) => byte === 0)) return block.readUIntBE(0, NUMBER_BYTES);
  }
  return undefined;
}

/** A client as operators can find it: by the id of its connection and by its address. */
export abstract class KnownClient implements LogParty {
  abstract readonly isOpen: boolean;
  protected abstract readonly transport: { readonly remoteAddress: string | undefined };
  protected abstract readonly host: { readonly refusals: Refusals; readonly settings: AddressRules };
  /** Ascends. The id takes no memory: it is made from this number when it is asked for. */
  readonly number = ++count;
  /** Its opening time, in seconds since the epoch: a number that V8 keeps in place. */
  readonly openedAtS = Math.trunc(Date.now() / 1_000);

  /** @param address of the client, if connections are counted by address or a proxy is trusted. */
  constructor(readonly address: string | undefined) {}

  /** Tells the connection apart from all others of all nodes: a UUID, always the same. */
  get id(): string {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.writeUIntBE(this.number, 0, NUMBER_BYTES);
    const bytes = cipher.update(block);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** See {@link LogParty.peer}. */
  get peer(): string | undefined {
    return this.address ?? this.transport.remoteAddress;
  }

  /** The address that the client is counted by. Takes no memory: where only the transport knows it, that is asked. */
  get countedAddress(): string | undefined {
    return this.address ?? canonicalAddress(this.peer, this.host.settings.ipv6PrefixBits);
  }

  /** Reports that a limit in a dry run would refuse it something. @param limit the name of its setting. */
  wouldRefuse(limit: string): void {
    this.host.refusals.wouldAdd(this, limit);
  }

  /** Reports that the client was told of a refusal. @param what was refused, for example an event. */
  refused(what: string, kind: string, error: unknown): void {
    if (this.isOpen) this.host.refusals.add(this, { kind, what, ...verdictOn(error) });
  }
}
