import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClientSelection,
  ClientSelectionError,
  selectionMembers,
} from '../../../clients/client-selection.js';
import { type Answers } from '../../../cluster/answers.js';
import { Cluster } from '../../../cluster/cluster.js';
import { Hub } from '../../../delivery/hub.js';
import { isObject, objectText, type JsonText } from '../../../protocol/json/json.js';
import { richValueOf } from '../../../protocol/json/rich-json.js';
import type { Publication } from '../../../protocol/publication.js';
import { RoomHub } from '../../../rooms/relay/room-hub.js';
import { Room } from '../../../rooms/room/room.js';
import { RoomTrie } from '../../../rooms/room/room-trie.js';
import type { Trigger } from '../../../rooms/room/trigger.js';
import { Services } from '../../../topics/service/services.js';
import type { Fetched } from './frame-tap.js';
import { FRAMES, type FramesQuestion } from './frame-taps.js';
import { maskedData, shownData } from './masked-data.js';
import type { TailQuery } from './tail-query.js';
import { type TailEvent, TailQueue } from './tail-queue.js';

const FETCH_MS = 500;
/** The most that are followed at a time from this node. */
const MAX_TAILS = 20;

/** Follows topics, rooms and frames of clients as they come. While nobody does, nothing is done. */
@Injectable()
export class Tails {
  private count = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly hub: Hub,
    private readonly services: Services,
    private readonly rooms: RoomHub,
  ) {}

  /** @throws {ClientSelectionError} when there is nothing of the kind, or too many follow. */
  require(query: TailQuery): void {
    if (this.count >= MAX_TAILS)
      throw new ClientSelectionError(`no more than ${MAX_TAILS} can be followed at a time`);
    if ('topic' in query && !this.services.find(query.topic))
      throw new ClientSelectionError(`${query.topic} is not <service>.<topic> of a configured service`);
  }

  /**
   * Follows what comes from now on, until the signal is aborted.
   * @throws {ClientSelectionError} as {@link require}.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async *follow(query: TailQuery, signal: AbortSignal): AsyncGenerator<TailEvent, void, void> {
    this.require(query);
    this.count++;
    const over = new AbortController();
    const queue = new TailQueue(AbortSignal.any([signal, over.signal]));
    try {
      const end = await this.begin(query, queue, over.signal);
      yield { event: 'begin' };
      try {
        for (let next = await queue.take(); next; next = await queue.take()) yield next;
      } finally {
        end();
      }
    } finally {
      over.abort();
      this.count--;
    }
  }

  private async begin(query: TailQuery, queue: TailQueue, over: AbortSignal): Promise<() => void> {
    if ('topic' in query) return this.followTopic(query.topic, query.showsData, queue);
    if ('room' in query) return this.followRoom(query.room, query.showsData, queue);
    void this.followClients(query.clients, query.showsData, queue, over);
    return () => undefined;
  }

  private followTopic(topic: string, showsData: boolean, queue: TailQueue): Promise<() => void> {
    const received = (publication: Publication): void =>
      queue.add(publication.data.length, () => publicationEvent(publication, showsData));
    const lost = (): void => queue.add(0, () => ({ event: 'lost' }));
    return this.hub.tap(topic, { received, lost }, this.services.find(topic)?.delivery.history);
  }

  private followRoom(text: JsonText, showsData: boolean, queue: TailQueue): () => void {
    const wanted = new RoomTrie<true>();
    wanted.add(Room.parse(text)!, true); // an object, as was checked
    return this.rooms.tap((trigger) => {
      if (!trigger.rooms.some((room) => wanted.has(room, 'overlapping'))) return;
      queue.add(trigger.data.length, () => triggerEvent(trigger, showsData));
    });
  }

  /** Asks all nodes for what has come, until the queue is over; then once more, to end it there. */
  private async followClients(
    selection: ClientSelection,
    showsData: boolean,
    queue: TailQueue,
    over: AbortSignal,
  ): Promise<void> {
    const question = { tail: randomUUID(), selection: objectText(selectionMembers(selection)), showsData };
    let told = '';
    while (!over.aborted) {
      const answers = await this.fetch({ ...question, ends: false });
      if (over.aborted) break;
      told = tellClients(answers, queue, told);
      for (const [node, fetched] of answers.byNode) tellFrames(node, fetched, queue);
      await delay(FETCH_MS, undefined, { ref: false, signal: over }).catch(() => undefined); // silent: it is over
    }
    await this.fetch({ ...question, ends: true });
  }

  private fetch(question: FramesQuestion): Promise<Answers<Fetched>> {
    return this.cluster.ask(FRAMES, question, readFetched);
  }
}

/** Tells how many connections are heard, and which nodes say nothing, when that has changed. */
function tellClients({ byNode, missing }: Answers<Fetched>, queue: TailQueue, told: string): string {
  const connections = [...byNode.values()].reduce((sum, fetched) => sum + fetched.connections, 0);
  const text = JSON.stringify([connections, missing]);
  if (text !== told) queue.add(0, () => ({ event: 'clients', connections, missing }));
  return text;
}

function tellFrames(node: string, { frames, dropped }: Fetched, queue: TailQueue): void {
  for (const { atMs, connection, direction, size, text } of frames)
    queue.add(text.length, () => ({
      event: 'frame',
      at: new Date(atMs).toISOString(),
      node,
      connection,
      direction,
      size,
      frame: richValueOf(text as JsonText, { bytes: false }),
    }));
  if (dropped > 0) queue.drop(dropped);
}

function publicationEvent(publication: Publication, showsData: boolean): TailEvent {
  const { subscription: topic, data, position, publishedAt, receivedAtMs } = publication;
  return {
    event: 'publication',
    at: new Date(receivedAtMs).toISOString(),
    topic,
    ...(position && { position: position.toString() }),
    ...(publishedAt !== undefined && { published_at: publishedAt }),
    size: Buffer.byteLength(data),
    data: showsData ? shownData(data) : maskedData(data),
  };
}

function triggerEvent({ rooms, data, exclude, position }: Trigger, showsData: boolean): TailEvent {
  return {
    event: 'trigger',
    at: new Date().toISOString(),
    rooms: rooms.map(({ text }) => richValueOf(text, { bytes: false })),
    ...(exclude !== undefined && { exclude }),
    ...(position && { position: position.toString() }),
    size: Buffer.byteLength(data),
    data: showsData ? shownData(data) : maskedData(data),
  };
}

function readFetched(answer: unknown): Fetched | undefined {
  return isObject(answer) && Array.isArray(answer.frames) ? (answer as unknown as Fetched) : undefined;
}
