import { Injectable } from '@nestjs/common';
import type { Startable } from '../base/lifetime.js';
import { measured } from '../callbacks/measured.js';
import { Refusal } from '../callbacks/refusal.js';
import { type End, type EndTeller, EndTellers } from '../leases/end-tellers.js';
import { recordMembers } from '../leases/record-members.js';
import { Metrics } from '../metrics/metrics.js';
import { CallbackError } from '../protocol/errors.js';
import { isObject, type JsonText, valueOf } from '../protocol/json/json.js';
import { RoomsApiHolder } from './app/rooms-api-holder.js';
import type { RoomsClient } from './app/rooms-api.js';
import { disconnection, ROOM_CLIENT } from './admission/room-leases.js';

const NULL = 'null' as JsonText;

/** Tells the app of clients of rooms that were on other nodes and have gone, with the headers that they came with. */
@Injectable()
export class RoomEndTeller implements EndTeller, Startable {
  constructor(
    private readonly holder: RoomsApiHolder,
    private readonly tellers: EndTellers,
    private readonly metrics: Metrics,
  ) {}

  /** To be called when it is known what answers for the app. */
  start(): void {
    if (this.holder.api?.tells('onDisconnect')) this.tellers.add(ROOM_CLIENT, this);
  }

  /** See {@link EndTeller.addresseeOf}. */
  addresseeOf(body: JsonText): string | undefined {
    return clientIn(body) && 'the app of rooms';
  }

  /** See {@link EndTeller.tell}. */
  async tell(body: JsonText, { id, reason }: End, signal: AbortSignal): Promise<void> {
    const { api } = this.holder;
    const client = clientIn(body);
    if (!api || !client) return;
    const question = { service: 'rooms', callback: 'onDisconnect', signal, isRefusal };
    const asking = { end: disconnection(id, reason), signal };
    try {
      await measured(this.metrics, question, () => api.tell('onDisconnect', client, asking));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CallbackError) throw error; // all else, it has heard
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}

function clientIn(body: JsonText): RoomsClient | undefined {
  const members = recordMembers(body);
  const [id, headers] = ['id', 'headers'].map((name): unknown => valueOf(members?.get(name) ?? NULL));
  return typeof id === 'string' && areTexts(headers) ? { id, headers } : undefined;
}

function areTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
