import { answerOf, pageOf, topsOf, type HistoryRequest } from './history-frames.js';
import type { Appended, Appending, BrokerHistory, HistoryPage, HistoryStart } from '../history.js';
import { Position } from '../../protocol/position.js';
import { toJsonText } from '../../protocol/json/json.js';
import type { Publication } from '../../protocol/publication.js';
import type { RelayedRequests } from './relayed-requests.js';

/** The histories that another process of the machine keeps, by a connection to it. */
export class RelayedHistory implements BrokerHistory {
  constructor(private readonly requests: RelayedRequests) {}

  async append(channel: string, publication: Publication, appending: Appending): Promise<Appended> {
    const { retention, idempotencyKey: key } = appending;
    const frame = await this.requests.ask<HistoryRequest>(
      { verb: 'append', channel, ...retention, key },
      publication.text,
    );
    const { position, isRepeated } = answerOf(frame);
    return { position: Position.parse(position!)!, isRepeated: isRepeated === true };
  }

  async read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    const frame = await this.requests.ask<HistoryRequest>({ verb: 'read', channel, start: start.toString() });
    return pageOf(frame, answerOf(frame));
  }

  async tops(channels: readonly string[], areInUse: boolean): Promise<readonly (Position | undefined)[]> {
    return topsOf(await this.requests.ask<HistoryRequest>({ verb: 'tops', areInUse }, toJsonText(channels)));
  }
}
