import { type CallbackEnd, CallbackRequest } from '../../callbacks/callback-request.js';
import { decisionOf } from '../../callbacks/providers/decision.js';
import type { ProviderAnswer, ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { requireRefusal } from '../../callbacks/providers/provider-refusal.js';
import { Refusal } from '../../callbacks/refusal.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { toJsonText, type JsonText } from '../../protocol/json/json.js';
import type { RoomsCallback } from './rooms-api.decorator.js';
import type { RoomsApi, RoomsClient, RoomsHook, RoomsTelling } from './rooms-api.js';

/** Asks a provider of the app in process. */
export class ProviderRoomsApi implements RoomsApi {
  constructor(private readonly methods: ReadonlyMap<RoomsCallback, ProviderMethod>) {}

  async allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<JsonText> {
    const method = this.methods.get('allowedRooms')!;
    const value = valueOf(await method.call((own) => requestOf(client, own), signal), method);
    if (value === undefined || value === null || value === false) throw new Refusal();
    try {
      return toJsonText(value);
    } catch (cause) {
      throw new CallbackAnswerError('the allowed rooms that the provider returned cannot be JSON', { cause });
    }
  }

  tells(hook: RoomsHook): boolean {
    return this.methods.has(hook);
  }

  async tell(hook: RoomsHook, client: RoomsClient, { end, signal }: RoomsTelling = {}): Promise<void> {
    await this.methods.get(hook)!.call((own) => requestOf(client, own, end), signal);
  }
}

function valueOf(answer: ProviderAnswer, method: ProviderMethod): unknown {
  if (!('refusal' in answer)) return decisionOf(answer, method);
  requireRefusal({ thrown: answer.thrown, name: method.name, isDecision: true });
  throw new Refusal();
}

function requestOf({ id, headers }: RoomsClient, signal: AbortSignal, end?: CallbackEnd): CallbackRequest {
  const members = new Map([
    ['connection_id', toJsonText(id)],
    ['headers', toJsonText(headers)],
  ]);
  return new CallbackRequest(members, signal, end);
}
