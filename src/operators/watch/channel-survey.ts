import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Cluster } from '../../cluster/cluster.js';
import type { Flow } from '../../delivery/flow.js';
import { Hub } from '../../delivery/hub.js';
import { canonicalJson } from '../../protocol/json/canonical-json.js';
import type { JsonText } from '../../protocol/json/json.js';
import { RoomHub } from '../../rooms/relay/room-hub.js';
import { Room } from '../../rooms/room/room.js';
import { Services } from '../../topics/service/services.js';
import { type ChannelKind, type ChannelQuestion, channelQuestionIn } from './channel-question.js';
import { FlowWindow } from './flow-window.js';
import { Largest } from './largest.js';

export const CHANNELS = 'console channels';

/** So many channels are looked at in a turn of the event loop. */
const PER_TURN = 5_000;
/** The most characters of an answer, however many were asked for. */
const MAX_LENGTH = 262_144;

/** A topic, or a room, as one node knows it. */
export interface ChannelEntry {
  readonly name: string;
  readonly subscribers: number;
  /** Publications per second; absent where nobody has looked lately. */
  readonly rate?: number | undefined;
}

/** The answer of one node. */
export interface SurveyAnswer {
  /** The number of all. */
  readonly count: number;
  readonly entries: readonly ChannelEntry[];
}

interface Place {
  readonly name: string;
  readonly subscribers: number;
  readonly flow: Flow;
}

/** Looks at the topics and rooms of this node, for all nodes. Nothing is counted but when somebody asks. */
@Injectable()
export class ChannelSurvey {
  private readonly windows: Readonly<Record<ChannelKind, FlowWindow>> = {
    topics: new FlowWindow(),
    rooms: new FlowWindow(),
  };

  constructor(
    cluster: Cluster,
    private readonly hub: Hub,
    private readonly services: Services,
    private readonly rooms: RoomHub,
  ) {
    cluster.answer(CHANNELS, (question) => this.answer(channelQuestionIn(question)));
  }

  private async answer(question: ChannelQuestion): Promise<SurveyAnswer> {
    if (!question.names) return this.largest(question);
    const found = question.names.flatMap((name) => this.named(question.kind, name));
    return { count: found.length, entries: within(found.map((place) => this.entryOf(question.kind, place))) };
  }

  /** Marks all, where the window opens anew, and keeps the largest. */
  private async largest({ kind, find, sort, limit }: ChannelQuestion): Promise<SurveyAnswer> {
    const isMarking = this.windows[kind].opens(monotonicMs());
    const largest = new Largest<ChannelEntry>(limit, sort === 'rate' ? byRate : bySubscribers);
    let looked = 0;
    let count = 0;
    for (const place of kind === 'topics' ? this.topicPlaces() : this.roomPlaces()) {
      if (++looked % PER_TURN === 0) await nextTurn();
      if (isMarking) place.flow.mark();
      if (!place.name.includes(find)) continue;
      count++;
      largest.add(this.entryOf(kind, place));
    }
    return { count, entries: within(largest.all()) };
  }

  private *topicPlaces(): Generator<Place> {
    for (const [name, channel] of this.hub.channels) {
      const { subscriptionCount: subscribers } = channel;
      if (subscribers > 0 && this.services.find(name)) yield { name, subscribers, flow: channel };
    }
  }

  private *roomPlaces(): Generator<Place> {
    for (const place of this.rooms.places()) {
      const [first] = place.items;
      if (first) yield { name: canonicalJson(first.room.text), subscribers: place.items.size, flow: place };
    }
  }

  private named(kind: ChannelKind, name: string): Place[] {
    if (kind === 'topics') {
      const channel = this.hub.channels.get(name);
      return channel ? [{ name, subscribers: channel.subscriptionCount, flow: channel }] : [];
    }
    const room = roomIn(name);
    const place = room && this.rooms.placeOf(room);
    return place ? [{ name, subscribers: place.items.size, flow: place }] : [];
  }

  private entryOf(kind: ChannelKind, { name, subscribers, flow }: Place): ChannelEntry {
    return { name, subscribers, rate: this.windows[kind].perSecond(flow.lately) };
  }
}

/** Anyone with access to the broker may have written it. */
function roomIn(text: string): Room | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined; // no room that a node has told
  }
  return Room.parse(text as JsonText);
}

/** The most subscribers first. */
export function bySubscribers(a: ChannelEntry, b: ChannelEntry): number {
  return b.subscribers - a.subscribers || byName(a, b);
}

/** The most publications first. */
export function byRate(a: ChannelEntry, b: ChannelEntry): number {
  return (b.rate ?? 0) - (a.rate ?? 0) || bySubscribers(a, b);
}

function byName(a: ChannelEntry, b: ChannelEntry): number {
  return a.name < b.name ? -1 : 1;
}

function within(entries: readonly ChannelEntry[]): ChannelEntry[] {
  let room = MAX_LENGTH;
  return entries.filter(({ name }) => (room -= name.length + 64) >= 0);
}
