import { Position } from '../../../protocol/position.js';
import type { Publication } from '../../../protocol/publication.js';
import { BrokerError, faultText } from '../../broker.error.js';
import type { Appended, Appending, Retention } from '../../history.js';
import { IDEMPOTENCY_MS, newEpoch } from '../../memory.history.js';
import { Due } from './due.js';
import type { HistoryKeys, SlotTag } from './keys.js';
import { renewalMs, retentionArguments } from './lifetimes.js';
import { PUBLISH } from './lua.js';
import { heedEpoch, type HistoryServer } from './server.js';
import { Batches } from './batches.js';

/** Few enough not to hold up Redis, enough to share the price of a call. */
const PUBLICATIONS_PER_CALL = 64;
const BYTES_PER_CALL = 262_144;
interface Append {
  readonly channel: string;
  readonly text: string;
  readonly appending: Appending;
}

/** The way of publications into the histories of one slot. */
export class Appends {
  private readonly renewals = new Due();
  private readonly batches: Batches<Append, Appended>;

  constructor(
    private readonly keys: HistoryKeys,
    private readonly tag: SlotTag,
    private readonly server: HistoryServer,
  ) {
    const bounds = {
      maxItems: PUBLICATIONS_PER_CALL,
      maxBytes: BYTES_PER_CALL,
      bytesOf: ({ text }: Append) => text.length,
      isChained: ({ appending }: Append) => appending.isChained === true,
    };
    this.batches = new Batches<Append, Appended>(bounds, (appends) => this.call(appends));
  }

  /** @throws {BrokerError} when it could not be kept, or not be said whether it was. */
  add(channel: string, publication: Publication, appending: Appending): Promise<Appended> {
    this.server.scripts('publish');
    const { text } = publication;
    return this.batches.add({ channel, text: text.slice(text.indexOf('{')), appending });
  }

  private async call(appends: readonly Append[]): Promise<readonly (Appended | BrokerError)[]> {
    const scripts = this.server.scripts('publish');
    try {
      const answer = await scripts.run(PUBLISH, ...this.request(appends));
      const [began, ...each] = answer as [number, ...string[]];
      heedEpoch(this.server, began);
      return each.map((text) => this.read(text));
    } catch (error) {
      for (const { channel } of appends) this.renewals.forget(channel);
      // Thrown here, and so before anything was sent.
      if (error instanceof BrokerError) throw error;
      throw this.server.explained('publish', isRefusal(error) ? error : uncertain(error));
    }
  }

  private request(appends: readonly Append[]): [keys: string[], args: (string | number)[]] {
    const keys = [this.keys.epoch];
    const rules = new Map<Retention, number>();
    const each: (string | number)[] = [];
    for (const { channel } of appends) keys.push(this.keys.top(channel), this.keys.list(channel));
    for (const { channel, text, appending } of appends) {
      const { retention, idempotencyKey: key } = appending;
      const rule = rules.get(retention) ?? rules.size + 1;
      rules.set(retention, rule);
      const isDue = this.renewals.claim(channel, renewalMs(retention.ttlMs));
      if (key !== undefined) keys.push(this.keys.idempotency(channel, key));
      each.push(this.keys.channel(channel), text, isDue ? -rule : rule, key === undefined ? 0 : keys.length);
    }
    const listed = [...rules.keys()].flatMap(retentionArguments);
    return [keys, [newEpoch(), this.tag.command, IDEMPOTENCY_MS, rules.size, ...listed, ...each]];
  }

  private read(text: string): Appended | BrokerError {
    // The publication is kept, and whoever checks for holes will find it.
    if (text.startsWith('!')) return this.server.explained('publish', uncertain(text.slice(1)));
    const isRepeated = text.startsWith('=');
    return { position: Position.parse(isRepeated ? text.slice(1) : text)!, isRepeated };
  }
}

/** The errors with which Redis answers before a script has written anything. */
const REFUSALS =
  /^(?:NOSCRIPT|NOPERM|NOAUTH|READONLY|OOM|MISCONF|NOREPLICAS|LOADING|BUSY|MASTERDOWN|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CROSSSLOT)\b|isn't writeable/;

function isRefusal(error: unknown): boolean {
  return REFUSALS.test(faultText(error));
}

function uncertain(error: unknown): BrokerError {
  return new BrokerError(`${faultText(error)}; it may have been published all the same`);
}
