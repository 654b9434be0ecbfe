import type { CallbackEnd } from '../../callbacks/callback-request.js';
import { detached, type JsonMembers, type JsonText } from '../../protocol/json/json.js';

/** A client as the app learns of it. */
export interface RoomsClient {
  /** The id of the connection; a trigger may exclude it. */
  readonly id: string;
  /** The headers that were made from its handshake, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its connection; absent where that is gone with its node. */
  readonly connection?: object | undefined;
}

/** The answer of the app about a client. */
export interface RoomsAnswer {
  /** A list, as JSON. */
  readonly rooms: JsonText;
  /** The fields of the client that somebody needs; absent if there are none. */
  readonly known?: JsonMembers | undefined;
}

/** Those fields among the members of an answer. */
export function knownAmong(members: JsonMembers, fields: readonly string[]): JsonMembers | undefined {
  const known: JsonMembers = new Map();
  for (const name of fields) {
    const value = members.get(name);
    if (value !== undefined) known.set(name, detached(value));
  }
  return known.size > 0 ? known : undefined;
}

/** The events of a client that the app can be told of. */
export type RoomsHook = 'onConnect' | 'onPing' | 'onDisconnect';

/** The circumstances of an event that the app is told of. */
export interface RoomsTelling {
  /** Set when it is about the end of the client. */
  readonly end?: CallbackEnd | undefined;
  /** Ends the attempt to tell. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks the app about rooms and tells it of their clients, over HTTP or in process. */
export interface RoomsApi {
  /**
   * Asks which rooms a client may join.
   * @returns the list of rooms, and what it says of the client besides.
   * @throws {Refusal} when the client is refused.
   * @throws {CallbackError} when the app could not be asked, or stumbled.
   * @throws {CallbackAnswerError} when its answer cannot be understood.
   */
  allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<RoomsAnswer>;
  /** Whether the app wants to be told. */
  tells(hook: RoomsHook): boolean;
  /**
   * Tells the app of an event, if it wants to be told.
   * @throws {Refusal} when it refuses, which has no effect on the client.
   * @throws when it could not be told.
   */
  tell(hook: RoomsHook, client: RoomsClient, telling?: RoomsTelling): Promise<void>;
}
