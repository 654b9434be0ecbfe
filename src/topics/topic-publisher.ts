import { Injectable } from '@nestjs/common';
import type { Appended } from '../broker/history.js';
import { Hub } from '../delivery/hub.js';
import { idempotencyKeyOf } from '../protocol/idempotency-key.js';
import { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { type JsonMembers, objectText } from '../protocol/json/json.js';
import { Publication, PublicationError } from '../protocol/publication.js';
import { publishing } from '../tracing/messaging.js';
import { Tracing } from '../tracing/tracing.js';
import type { Service } from './service/service.js';
import { Services } from './service/services.js';

/** Takes publications for topics from services. */
@Injectable()
export class TopicPublisher {
  constructor(
    private readonly hub: Hub,
    private readonly services: Services,
    private readonly bounds: InputBounds,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Sends a publication to the subscriptions of its topic on all nodes.
   * @param idempotencyKey makes a repeat harmless, if its service keeps a history; so does the one in the publication.
   * @returns its place in the history, where one is kept; nothing when it is on its way already.
   * @throws {PublicationError} at once when its topic is not one of a configured service, or the key cannot be one.
   * @throws when the broker could not take it, as a rejection.
   */
  publish(
    publication: Publication,
    source: 'http' | 'process',
    idempotencyKey?: string,
  ): Promise<Appended | void> | undefined {
    const service = this.services.find(publication.subscription);
    if (!service) {
      throw new PublicationError(`"subscription" must be <service>.<topic> of a configured service`);
    }
    if (!this.tracing.isOn) return this.send(service, publication, source, idempotencyKey);
    const span = this.tracing.begin(`publish ${service.name}.{topic}`, 'producer', () =>
      publishing({
        'messaging.destination.name': publication.subscription,
        'messaging.destination.template': `${service.name}.{topic}`,
      }),
    );
    const send = (): Promise<Appended | void> | undefined =>
      this.send(service, publication, source, idempotencyKey);
    return span ? span.during(send) : send();
  }

  private send(
    service: Service,
    publication: Publication,
    source: 'http' | 'process',
    idempotencyKey: string | undefined,
  ): Promise<Appended | void> | undefined {
    const retention = service.delivery.history;
    if (!retention) return this.hub.publish(publication, source);
    const key = idempotencyKeyOf(publication, idempotencyKey);
    return this.hub.append(publication, source, { retention, idempotencyKey: key });
  }

  /** As {@link publish}, of members that were made here. @throws {PublicationError} when other nodes would not read them. */
  publishMade(
    members: JsonMembers,
    source: 'http' | 'process',
    idempotencyKey?: string,
  ): Promise<Appended | void> | undefined {
    const reading = { bounds: this.bounds, fault: PublicationError };
    const text = JsonDocument.within(objectText(members), reading);
    return this.publish(Publication.from(members, text), source, idempotencyKey);
  }
}
