import { joinedFrame } from '../../connection/outflow/frame.js';
import type { DeliveryStage, Envelope } from '../../delivery/envelope.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import type { Publication } from '../../protocol/publication.js';
import { isoTimestamp } from '../../protocol/timestamp.js';

let lastTailMs = -1;
let lastTail = Buffer.alloc(0);

/**
 * A publication as subscribers of a topic see it: SocketShark's `message` event. One that was held back is without
 * `received_at` and `queue_size`; one that throttling delayed is without `published_at` as well.
 */
export class TopicEnvelope implements Envelope {
  /** See {@link Envelope.plain}. */
  readonly plain: TopicEnvelope | undefined;
  /** The part of the frame before the data, made with the first one: many subscriptions are never sent any. */
  private head: Buffer | undefined = undefined;

  /** @param hasPositions whether the client is told the position of each. */
  constructor(
    private readonly topic: string,
    private readonly extra: JsonMembers,
    hasPositions = false,
  ) {
    this.plain = hasPositions ? new TopicEnvelope(topic, extra) : undefined;
  }

  frame(publication: Publication, stage: DeliveryStage): Buffer {
    const { position } = publication;
    const tail =
      this.plain && position ? positionedTail(publication, stage, position) : tailOf(publication, stage);
    return joinedFrame((this.head ??= this.makeHead()), publication.raw, tail);
  }

  private makeHead(): Buffer {
    let head = `{"event":"message","subscription":${JSON.stringify(this.topic)}`;
    for (const [name, value] of this.extra)
      if (!RESERVED.has(name)) head += `,${JSON.stringify(name)}:${value}`;
    return Buffer.from(`${head},"data":`);
  }
}

/** The part of the frame after the data; live publications of one millisecond share it, unless it has more to say. */
function tailOf(publication: Publication, stage: DeliveryStage): Buffer {
  const nowMs = Date.now();
  const isPlain = stage === 'live' && publication.publishedAt === undefined;
  if (!isPlain || publication.receivedAtMs !== nowMs || publication.queueSize > 0)
    return Buffer.from(tailText(publication, stage, nowMs));
  if (lastTailMs !== nowMs) {
    lastTailMs = nowMs;
    lastTail = Buffer.from(tailText(publication, stage, nowMs));
  }
  return lastTail;
}

function positionedTail(publication: Publication, stage: DeliveryStage, position: Position): Buffer {
  return Buffer.from(`,"position":"${position.toString()}"${tailText(publication, stage, Date.now())}`);
}

function tailText(
  { publishedAt, receivedAtMs, queueSize }: Publication,
  stage: DeliveryStage,
  nowMs: number,
): string {
  let text = '';
  if (publishedAt !== undefined && stage !== 'delayed') text += `,"published_at":"${publishedAt}"`;
  if (stage === 'live') text += `,"received_at":"${isoTimestamp(receivedAtMs)}","queue_size":${queueSize}`;
  return `${text},"sent_at":"${isoTimestamp(nowMs)}"}`;
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
