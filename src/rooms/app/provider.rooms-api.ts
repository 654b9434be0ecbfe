import { type CallbackEnd, CallbackRequest } from '../../callbacks/callback-request.js';
import { decisionOf } from '../../callbacks/providers/decision.js';
import type { ProviderAnswer, ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { requireRefusal } from '../../callbacks/providers/provider-refusal.js';
import { Refusal } from '../../callbacks/refusal.js';
import type { Handshake } from '../../protocol/handshake.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { isObjectText, membersOf, toJsonText, type JsonText } from '../../protocol/json/json.js';
import type { RoomsCallback } from './rooms-api.decorator.js';
import {
  type RoomsAnswer,
  knownAmong,
  type RoomsApi,
  type RoomsClient,
  type RoomsHook,
  type RoomsTelling,
} from './rooms-api.js';

/** Asks a provider of the app in process. */
export class ProviderRoomsApi implements RoomsApi {
  /**
   * @param fields of an answer that is no list, those that somebody needs.
   * @param handshakeOf finds the request with which a client has connected.
   */
  constructor(
    private readonly methods: ReadonlyMap<RoomsCallback, ProviderMethod>,
    private readonly fields: readonly string[],
    private readonly handshakeOf: (connection: object | undefined) => Handshake | undefined,
  ) {}

  async allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<RoomsAnswer> {
    const method = this.methods.get('allowedRooms')!;
    const value = valueOf(
      await method.call((own) => this.requestOf('allowedRooms', client, own), signal),
      method,
    );
    if (value === undefined || value === null || value === false) throw new Refusal();
    try {
      return this.allowed(toJsonText(value));
    } catch (cause) {
      throw new CallbackAnswerError('the allowed rooms that the provider returned cannot be JSON', { cause });
    }
  }

  /** A list of rooms, or an object with one and with fields of the client. */
  private allowed(text: JsonText): RoomsAnswer {
    if (!isObjectText(text)) return { rooms: text };
    const members = membersOf(text);
    return { rooms: members.get('allowed_rooms') ?? text, known: knownAmong(members, this.fields) };
  }

  tells(hook: RoomsHook): boolean {
    return this.methods.has(hook);
  }

  async tell(hook: RoomsHook, client: RoomsClient, { end, signal }: RoomsTelling = {}): Promise<void> {
    await this.methods.get(hook)!.call((own) => this.requestOf(hook, client, own, end), signal);
  }

  private requestOf(
    callback: RoomsCallback,
    { id, headers, connection }: RoomsClient,
    signal: AbortSignal,
    end?: CallbackEnd,
  ): CallbackRequest {
    const members = new Map([
      ['connection_id', toJsonText(id)],
      ['headers', toJsonText(headers)],
    ]);
    const handshake = this.handshakeOf(connection);
    return new CallbackRequest(members, signal, { end, handshake, callback, client: { id } });
  }
}

function valueOf(answer: ProviderAnswer, method: ProviderMethod): unknown {
  if (!('refusal' in answer)) return decisionOf(answer, method);
  requireRefusal({ thrown: answer.thrown, name: method.name, isDecision: true });
  throw new Refusal();
}
