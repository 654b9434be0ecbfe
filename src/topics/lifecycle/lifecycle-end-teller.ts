import { Injectable } from '@nestjs/common';
import type { Startable } from '../../base/lifetime.js';
import { type End, type EndTeller, EndTellers } from '../../leases/end-tellers.js';
import { recordMembers } from '../../leases/record-members.js';
import { CallbackError } from '../../protocol/errors.js';
import { type JsonText, membersOf, valueOf } from '../../protocol/json/json.js';
import { Services } from '../service/services.js';
import { LIFECYCLE_ENDS, type LifecycleKind } from './lifecycle-event.js';
import { Lifecycles } from './lifecycles.js';
import type { ServiceLifecycle } from './service-lifecycle.js';

/** Has ends of other nodes told in the lists of this one, which takes over to tell them: so a lost node is no storm. */
@Injectable()
export class LifecycleEndTeller implements Startable {
  constructor(
    private readonly services: Services,
    private readonly lifecycles: Lifecycles,
    private readonly tellers: EndTellers,
  ) {}

  /** To be called when all services are known. */
  start(): void {
    if (!this.services.hearLives) return;
    for (const kind of Object.keys(LIFECYCLE_ENDS) as LifecycleKind[])
      this.tellers.add(kind, this.tellerOf(kind));
  }

  private tellerOf(kind: LifecycleKind): EndTeller {
    return {
      addresseeOf: (body) => this.find(body) && `the lists of ${textIn(body, 'service')}`,
      tell: async (body, { reason }: End) => {
        const lifecycle = this.find(body)!;
        if (lifecycle.queue.isFull) throw new CallbackError('too much waits to be told in lists');
        const subject = membersOf(recordMembers(body)?.get('subject') ?? '{}');
        await lifecycle.adopt(kind, textIn(body, 'id') ?? '', subject, reason);
      },
    };
  }

  private find(body: JsonText): ServiceLifecycle | undefined {
    const service = this.services.named(textIn(body, 'service') ?? '');
    return service && this.lifecycles.of(service);
  }
}

function textIn(body: JsonText, name: string): string | undefined {
  const member = recordMembers(body)?.get(name);
  const value: unknown = member === undefined ? undefined : valueOf(member);
  return typeof value === 'string' ? value : undefined;
}
