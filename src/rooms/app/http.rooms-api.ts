import { endHeaders } from '../../callbacks/end-headers.js';
import { isForbidden, isTransient } from '../../callbacks/http-status.js';
import { membersOfAnswer } from '../../callbacks/http/callback-answer.js';
import { Refusal } from '../../callbacks/refusal.js';
import type { AppAnswer, AppRequest, Requester } from '../../callbacks/requester.js';
import type { RoomsApiSettings } from '../../config/sections/rooms/rooms-api.settings.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import { isJsonType } from '../../protocol/media-type.js';
import {
  type RoomsAnswer,
  knownAmong,
  type RoomsApi,
  type RoomsClient,
  type RoomsHook,
  type RoomsTelling,
} from './rooms-api.js';

const NO_ROOMS = '[]' as JsonText;

/** Asks the app's API, over TCP or a Unix socket, with what was forwarded of the client's handshake. */
export class HttpRoomsApi implements RoomsApi {
  private readonly base: string;
  private readonly ownHeaders: Readonly<Record<string, string>>;

  constructor(
    private readonly requester: Requester,
    private readonly settings: RoomsApiSettings,
    /** Those of the answer about allowed rooms that somebody needs. */
    private readonly fields: readonly string[],
  ) {
    const { url, socket } = settings;
    const { host, pathname, username, password } = new URL(url);
    const user = username === '' && password === '' ? '' : `${username}:${password}@`;
    this.base = socket === undefined ? url : `http+unix://${user}${encodeURIComponent(socket)}${pathname}`;
    this.ownHeaders = socket === undefined ? {} : { host };
  }

  /** Only status 200 allows anything, and only JSON that says that it is JSON. */
  async allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<RoomsAnswer> {
    const { bootstrap, refuseOn } = this.settings;
    const answer = await this.send('GET', bootstrap, client, { signal });
    if (answer.status === 200) {
      const members = membersOf(answer);
      return { rooms: members.get('allowed_rooms') ?? NO_ROOMS, known: knownAmong(members, this.fields) };
    }
    if (refuseOn === 'any-status' || isForbidden(answer.status)) throw new Refusal();
    throw stumbled(answer);
  }

  tells(hook: RoomsHook): boolean {
    return this.settings[hook] !== undefined;
  }

  /** An app that stumbles has not heard it; whatever else it answers, it has. */
  async tell(hook: RoomsHook, client: RoomsClient, { end, signal }: RoomsTelling = {}): Promise<void> {
    const { id, headers } = client;
    const told = end ? { id, headers: { ...headers, ...endHeaders(end) } } : client;
    const answer = await this.send('POST', this.settings[hook]!, told, {
      id: end?.id,
      isOwed: end !== undefined,
      signal,
    });
    if (isTransient(answer.status)) throw stumbled(answer);
    if (answer.status >= 400) throw new Refusal();
  }

  private send(
    method: 'GET' | 'POST',
    path: string,
    client: RoomsClient,
    more: Pick<AppRequest, 'id' | 'isOwed' | 'signal'>,
  ) {
    return this.requester.request({
      method,
      url: `${this.base}${path}`,
      headers: { ...client.headers, ...this.ownHeaders },
      service: 'rooms',
      client,
      ...more,
    });
  }
}

/** Not what a client is told, nor a reason to end anything that it has. */
function stumbled({ status }: AppAnswer): CallbackError {
  return new CallbackError(`the app answered with status ${status}`);
}

function membersOf({ mediaType, body }: AppAnswer): JsonMembers {
  if (!isJsonType(mediaType))
    throw new CallbackAnswerError('what the app answered about allowed rooms is not labelled as JSON');
  return membersOfAnswer(body, 'the app about allowed rooms');
}
