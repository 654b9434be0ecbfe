import { Injectable } from '@nestjs/common';
import { Hub } from '../delivery/hub.js';
import { Publication, PublicationError } from '../protocol/publication.js';
import { Services } from './services.js';

/** Takes publications for topics from services. */
@Injectable()
export class TopicPublisher {
  constructor(
    private readonly hub: Hub,
    private readonly services: Services,
  ) {}

  /**
   * Sends a publication, in its wire form as text or UTF-8, to the subscriptions of its topic on all nodes.
   * @returns nothing when it is on its way already.
   * @throws {PublicationError} at once when it is not a publication for a topic of a configured service.
   * @throws when the broker could not take it, as a rejection.
   */
  publish(text: string | Buffer, source: 'http' | 'process'): Promise<void> | undefined {
    const publication = Publication.parse(text);
    if (!this.services.find(publication.subscription)) {
      throw new PublicationError(`"subscription" must be <service>.<topic> of a configured service`);
    }
    return this.hub.publish(publication, source);
  }
}
