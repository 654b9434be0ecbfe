import { messageOf } from '../base/message-of.js';
import { Position } from '../protocol/position.js';
import { Publication } from '../protocol/publication.js';
import { controlFrame, requestOf, pageText, topsText, type HistoryRequest } from './history-frames.js';
import type { BrokerHistory, HistoryStart } from './history.js';
import { textOf } from './relay-frame.js';

/** Answers requests of other processes for the histories that this one keeps. */
export class HistoryDesk {
  constructor(private readonly history: BrokerHistory) {}

  /** The answer to a request; what is appended is so in the order of the calls. Never rejects. */
  async answer(frame: Buffer): Promise<Buffer> {
    const request = requestOf(frame);
    try {
      return await this.done(request, frame);
    } catch (error) {
      return controlFrame({ id: request.id, error: messageOf(error) });
    }
  }

  private async done(request: HistoryRequest, frame: Buffer): Promise<Buffer> {
    const { id } = request;
    if (request.verb === 'append') {
      const { channel, size, ttlMs, key } = request;
      const appending = { retention: { size, ttlMs }, idempotencyKey: key };
      const { position, isRepeated } = await this.history.append(
        channel,
        Publication.of(textOf(frame)),
        appending,
      );
      return controlFrame({ id, position: position.toString(), isRepeated });
    }
    if (request.verb === 'read') {
      const page = await this.history.read(request.channel, startOf(request.start));
      const hasPublications = page.publications !== undefined;
      return controlFrame({ id, position: page.top.toString(), hasPublications }, pageText(page));
    }
    const tops = await this.history.tops(JSON.parse(textOf(frame)) as string[]);
    return controlFrame({ id }, topsText(tops));
  }
}

function startOf(text: string): HistoryStart {
  return text === 'oldest' || text === 'top' ? text : Position.parse(text)!;
}
