import type { Lease, Leased } from '../../leases/lease.js';
import type { EndReason } from '../../protocol/end-reason.js';
import { type JsonMembers, type JsonText, objectText, toJsonText } from '../../protocol/json/json.js';
import { beginningText, endText, type LifecycleKind } from './lifecycle-event.js';
import type { Told } from './lifecycle-queue.js';

/** Something that lives as long as it has subscriptions: a client of a service, or a topic on a node. */
export class Life implements Leased {
  /** Its subscriptions. */
  count = 0;
  lease: Lease | undefined = undefined;

  constructor(
    private readonly service: string,
    private readonly kind: LifecycleKind,
    /** Its own id, where it has no lease, or had another one on another node. */
    private readonly id: string,
    /** The members that identify it. */
    private readonly subject: () => JsonMembers,
  ) {}

  /** Whether this node is the one to tell of its end. */
  get isOurs(): boolean {
    return this.lease?.isOurs ?? true;
  }

  /** See {@link Leased.leaseBody}. */
  leaseBody(): JsonText {
    const subject = objectText(this.subject());
    return objectText(
      new Map([
        ['service', toJsonText(this.service)],
        ['id', toJsonText(this.id)],
        ['subject', subject],
      ]),
    );
  }

  beginning(): Told {
    return { text: beginningText(this.kind, this.id, this.subject()), after: this.lease };
  }

  end(reason: EndReason): Told {
    this.lease?.ends(reason);
    return {
      text: endText(this.kind, this.id, this.subject(), reason),
      after: this.lease,
      ends: this.lease,
    };
  }
}
