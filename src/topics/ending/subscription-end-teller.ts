import { Injectable } from '@nestjs/common';
import type { Startable } from '../../base/lifetime.js';
import { type End, type EndTeller, EndTellers } from '../../leases/end-tellers.js';
import { recordMembers } from '../../leases/record-members.js';
import { membersOf, type JsonText, valueOf } from '../../protocol/json/json.js';
import { END_KINDS } from '../service/callback-kind.js';
import type { Service } from '../service/service.js';
import { Services } from '../service/services.js';
import { endOf, SUBSCRIPTION } from './subscription-leases.js';

/** Tells services of the ends of subscriptions that were on other nodes, with the same bodies. */
@Injectable()
export class SubscriptionEndTeller implements EndTeller, Startable {
  constructor(
    private readonly services: Services,
    private readonly tellers: EndTellers,
  ) {}

  /** To be called when all services are known. */
  start(): void {
    if (this.services.hearEnds) this.tellers.add(SUBSCRIPTION, this);
  }

  /** See {@link EndTeller.addresseeOf}. */
  addresseeOf(body: JsonText): string | undefined {
    const service = this.serviceOf(body);
    return service?.hearsEnds ? `the service ${service.name}` : undefined;
  }

  /** See {@link EndTeller.tell}. */
  async tell(body: JsonText, { id, reason }: End, signal: AbortSignal): Promise<void> {
    const fields = membersOf(recordMembers(body)?.get('fields') ?? '{}');
    for (const kind of END_KINDS) {
      const question = { fields, signal, isRepeated: true, end: endOf(id, kind, reason) };
      await this.serviceOf(body)?.insist(kind, () => question);
      signal.throwIfAborted();
    }
  }

  private serviceOf(body: JsonText): Service | undefined {
    const topic = recordMembers(body)?.get('topic');
    return topic === undefined ? undefined : this.services.find(valueOf(topic));
  }
}
