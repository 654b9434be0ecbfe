import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { isObject, type JsonText, valueOf } from '../../protocol/json/json.js';
import type { ChannelQuery, ChannelQuestion } from './channel-question.js';
import { MAX_CHANNELS } from './channel-question.js';
import { byRate, bySubscribers, type ChannelEntry, CHANNELS, type SurveyAnswer } from './channel-survey.js';
import { type Gathered, gathered } from './gathered.js';

/** A topic or a room of all nodes, in its wire form. */
interface ChannelItem {
  readonly topic?: string;
  readonly room?: unknown;
  readonly subscribers: number;
  /** Absent at the first look for a minute. */
  readonly publications_per_second?: number | undefined;
  /** The number of nodes that have a subscriber of it. */
  readonly on_nodes: number;
}

/** The largest topics or rooms of all nodes. */
export interface ChannelList extends Gathered {
  readonly status: 'ok';
  readonly items: readonly ChannelItem[];
  /** At least so many there are: as many as the node has that has most of them. */
  readonly at_least: number;
}

interface Merged extends ChannelEntry {
  readonly nodes: number;
}

/**
 * Lists topics and rooms of all nodes: each node names its largest, and those that any has named are then counted on
 * all. What is not among the largest of any node is not found.
 */
@Injectable()
export class Channels {
  constructor(private readonly cluster: Cluster) {}

  /** Never rejects; nodes that do not answer are named. */
  async list(query: ChannelQuery): Promise<ChannelList> {
    const answers = await this.ask(query);
    const order = query.sort === 'rate' ? byRate : bySubscribers;
    const named = merged(answers.byNode.values()).toSorted(order);
    const found = answers.byNode.size < 2 ? named : await this.counted(query, named);
    return {
      status: 'ok',
      items: found
        .toSorted(order)
        .slice(0, query.limit)
        .map((item) => itemOf(query, item)),
      at_least: Math.max(0, ...[...answers.byNode.values()].map(({ count }) => count)),
      ...gathered(answers),
    };
  }

  private async counted(query: ChannelQuery, named: readonly Merged[]): Promise<Merged[]> {
    const names = named.slice(0, Math.min(2 * query.limit, MAX_CHANNELS)).map(({ name }) => name);
    return merged((await this.ask({ ...query, names })).byNode.values());
  }

  private ask(question: ChannelQuestion): ReturnType<typeof this.cluster.ask<SurveyAnswer>> {
    return this.cluster.ask(CHANNELS, question, readAnswer);
  }
}

/** A publication passes on every node that has a subscriber: it is counted once. */
function merged(answers: Iterable<SurveyAnswer>): Merged[] {
  const byName = new Map<string, Merged>();
  for (const { entries } of answers)
    for (const { name, subscribers, rate } of entries) {
      const before = byName.get(name);
      byName.set(name, {
        name,
        subscribers: subscribers + (before?.subscribers ?? 0),
        rate: rate === undefined ? before?.rate : Math.max(rate, before?.rate ?? 0),
        nodes: 1 + (before?.nodes ?? 0),
      });
    }
  return [...byName.values()];
}

function itemOf({ kind }: ChannelQuery, { name, subscribers, rate, nodes }: Merged): ChannelItem {
  const counts = { subscribers, publications_per_second: rate, on_nodes: nodes };
  return kind === 'topics' ? { topic: name, ...counts } : { room: valueOf(name as JsonText), ...counts };
}

function readAnswer(answer: unknown): SurveyAnswer | undefined {
  if (!isObject(answer) || typeof answer.count !== 'number' || !Array.isArray(answer.entries))
    return undefined;
  const entries = answer.entries.filter(
    (one): one is ChannelEntry =>
      isObject(one) && typeof one.name === 'string' && typeof one.subscribers === 'number',
  );
  return { count: answer.count, entries };
}
