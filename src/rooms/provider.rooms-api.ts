import { CallbackRequest } from '../callbacks/callback-request.js';
import type { ProviderMethod } from '../callbacks/provider-methods.js';
import { CallbackAnswerError } from '../protocol/errors.js';
import { toJsonText, type JsonText } from '../protocol/json.js';
import type { RoomsApi, RoomsClient, RoomsHook } from './rooms-api.js';
import type { RoomsCallback } from './rooms-api.decorator.js';

/** Asks a provider of the app in process. */
export class ProviderRoomsApi implements RoomsApi {
  constructor(private readonly methods: ReadonlyMap<RoomsCallback, ProviderMethod>) {}

  async allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<JsonText | undefined> {
    const answer = await this.methods.get('allowedRooms')!.call((own) => requestOf(client, own), signal);
    if (
      'refusal' in answer ||
      answer.value === undefined ||
      answer.value === null ||
      answer.value === false
    ) {
      return undefined;
    }
    try {
      return toJsonText(answer.value);
    } catch (cause) {
      throw new CallbackAnswerError('the allowed rooms that the provider returned cannot be JSON', { cause });
    }
  }

  tells(hook: RoomsHook): boolean {
    return this.methods.has(hook);
  }

  async tell(hook: RoomsHook, client: RoomsClient): Promise<void> {
    await this.methods.get(hook)!.call((own) => requestOf(client, own));
  }
}

function requestOf({ id, headers }: RoomsClient, signal: AbortSignal): CallbackRequest {
  const members = new Map([
    ['connection_id', toJsonText(id)],
    ['headers', toJsonText(headers)],
  ]);
  return new CallbackRequest(members, signal);
}
