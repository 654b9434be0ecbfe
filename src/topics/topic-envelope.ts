import type { DeliveryStage, Envelope } from '../delivery/envelope.js';
import type { JsonMembers } from '../protocol/json.js';
import type { Publication } from '../protocol/publication.js';
import { isoTimestamp } from '../protocol/timestamp.js';

/**
 * A publication as subscribers of a topic see it: SocketShark's `message` event. Only what was not held back says
 * when it was received; what was delayed by throttling does not even say when it was published.
 */
export class TopicEnvelope implements Envelope {
  private readonly head: string;

  constructor(topic: string, extra: JsonMembers) {
    let head = `{"event":"message","subscription":${JSON.stringify(topic)}`;
    for (const [name, value] of extra) if (!RESERVED.has(name)) head += `,${JSON.stringify(name)}:${value}`;
    this.head = `${head},"data":`;
  }

  wrap(publication: Publication, stage: DeliveryStage): string {
    let text = this.head + publication.data;
    if (publication.publishedAt !== undefined && stage !== 'delayed') {
      text += `,"published_at":"${publication.publishedAt}"`;
    }
    // Publications are delivered in the turn in which they are taken in: none ever waits inside the gateway.
    if (stage === 'live') text += `,"received_at":"${isoTimestamp(publication.receivedAtMs)}","queue_size":0`;
    return `${text},"sent_at":"${isoTimestamp(Date.now())}"}`;
  }
}

const RESERVED = new Set([
  'event',
  'subscription',
  'data',
  'published_at',
  'received_at',
  'queue_size',
  'sent_at',
]);
