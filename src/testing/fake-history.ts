import type { KeptPublication, KeptPublications } from '../kittiwake.js';
import { toJsonText } from '../protocol/json/json.js';
import type { HistoryQuery } from '../topics/topic-history.js';

const DEFAULT_LIMIT = 100;

/** The publications to each topic, with positions. */
export class FakeHistory {
  private readonly byTopic = new Map<string, KeptPublication[]>();

  /** @returns its position. */
  add(topic: string, data: unknown): string {
    const kept = this.byTopic.get(topic) ?? [];
    const position = positionAt(kept.length + 1);
    this.byTopic.set(topic, [...kept, { position, data, text: toJsonText(data) }]);
    return position;
  }

  read(topic: string, { since, limit = DEFAULT_LIMIT }: HistoryQuery): KeptPublications {
    const kept = this.byTopic.get(topic) ?? [];
    const position = positionAt(kept.length);
    if (since === undefined) return { position, isComplete: true, publications: kept.slice(-limit) };
    const at = since === positionAt(0) ? -1 : kept.findIndex((one) => one.position === since);
    if (at === -1 && since !== positionAt(0)) return { position, isComplete: false, publications: [] };
    return { position, isComplete: true, publications: kept.slice(at + 1, at + 1 + limit) };
  }
}

function positionAt(number: number): string {
  return `fake.${number}`;
}
