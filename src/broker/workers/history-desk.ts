import { messageOf } from '../../base/message-of.js';
import { Position } from '../../protocol/position.js';
import { Publication } from '../../protocol/publication.js';
import { controlFrame } from './control-frame.js';
import { type HistoryAnswer, type HistoryRequest, pageText, topsText } from './history-frames.js';
import type { BrokerHistory, HistoryStart } from '../history.js';
import { textOf } from './relay-frame.js';

/** Answers requests of other processes for the histories that this one keeps. */
export class HistoryDesk {
  constructor(private readonly history: BrokerHistory) {}

  /** The answer to a request; what is appended is so in the order of the calls. Never rejects. */
  async answer(request: HistoryRequest, frame: Buffer): Promise<Buffer> {
    try {
      return await this.done(request, frame);
    } catch (error) {
      return controlFrame({ id: request.id, error: messageOf(error) });
    }
  }

  private async done(request: HistoryRequest, frame: Buffer): Promise<Buffer> {
    const { id } = request;
    if (request.verb === 'append') {
      const { channel, size, ttlMs, isBrief, key } = request;
      const appending = { retention: { size, ttlMs, isBrief }, idempotencyKey: key };
      const { position, isRepeated } = await this.history.append(
        channel,
        Publication.of(textOf(frame)),
        appending,
      );
      const answer: HistoryAnswer = { id, position: position.toString(), isRepeated };
      return controlFrame(answer);
    }
    if (request.verb === 'read') {
      const page = await this.history.read(request.channel, startOf(request.start));
      const hasPublications = page.publications !== undefined;
      const answer: HistoryAnswer = { id, position: page.top.toString(), hasPublications };
      return controlFrame(answer, pageText(page));
    }
    const tops = await this.history.tops(JSON.parse(textOf(frame)) as string[], request.areInUse);
    return controlFrame({ id }, topsText(tops));
  }
}

function startOf(text: string): HistoryStart {
  return text === 'oldest' || text === 'top' ? text : Position.parse(text)!;
}
