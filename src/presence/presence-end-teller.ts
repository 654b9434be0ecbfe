import { Inject, Injectable } from '@nestjs/common';
import { BROKER, type Broker } from '../broker/broker.js';
import { type End, type EndTeller, EndTellers } from '../leases/end-tellers.js';
import type { Lease, Leased } from '../leases/lease.js';
import { Leases } from '../leases/leases.js';
import { CallbackError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';
import { PRESENCE } from './own-members.js';
import { type PresenceRecord, recordIn } from './presence-place.js';

const RETRY_MS = 1_000;

/** Ends that connections of nodes that are gone make somebody present. */
@Injectable()
export class PresenceEndTeller implements EndTeller {
  constructor(
    private readonly tellers: EndTellers,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly leases: Leases,
  ) {}

  /** To be called at the start, where it is known of any place who is present. */
  use(): void {
    if (this.broker.presence.outlivesNodes) this.tellers.add(PRESENCE, this);
  }

  /** See {@link EndTeller.addresseeOf}. */
  addresseeOf(body: JsonText): string | undefined {
    return recordIn(body) && 'the book of who is present';
  }

  /** See {@link EndTeller.tell}. Clients of a node that was stopped are given the time to come back. */
  async tell(body: JsonText, { reason }: End): Promise<void> {
    const record = recordIn(body)!;
    if (reason === 'node_lost' || record.graceMs === 0) return this.take(record);
    const lease = this.leases.begin(PRESENCE, record.connection, new Inherited(body));
    await lease?.written;
    this.takeLater(record, lease, record.graceMs);
  }

  private takeLater(record: PresenceRecord, lease: Lease | undefined, waitMs: number): void {
    const take = (): void => {
      this.take(record).then(
        () => lease?.end(),
        () => this.takeLater(record, lease, RETRY_MS),
      );
    };
    setTimeout(take, waitMs).unref();
  }

  private async take({ channel, connection, max }: PresenceRecord): Promise<void> {
    try {
      await this.broker.presence.write(channel, [{ connection, member: undefined }], max);
    } catch (cause) {
      throw new CallbackError('the broker is lost', { cause });
    }
  }
}

/** The lease that another node has left, in the hands of this one. */
class Inherited implements Leased {
  constructor(private readonly body: JsonText) {}

  leaseBody(): JsonText {
    return this.body;
  }
}
