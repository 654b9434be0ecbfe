import type { JsonText } from '../../protocol/json/json.js';

/** A client as the app learns of it. */
export interface RoomsClient {
  /** The id of the connection; a trigger may exclude it. */
  readonly id: string;
  /** The headers that were made from its handshake, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What happens to a client that the app may want to know. */
export type RoomsHook = 'onConnect' | 'onPing' | 'onDisconnect';

/** How the app is asked about rooms: over HTTP or in process. */
export interface RoomsApi {
  /**
   * Asks which rooms a client may join.
   * @returns the list of rooms as JSON.
   * @throws {Refusal} when the client is refused.
   * @throws {CallbackError} when the app could not be asked, or stumbled.
   * @throws {CallbackAnswerError} when its answer cannot be understood.
   */
  allowedRooms(client: RoomsClient, signal: AbortSignal): Promise<JsonText>;
  /** Whether the app wants to be told. */
  tells(hook: RoomsHook): boolean;
  /**
   * Tells the app what it wants to be told.
   * @throws {Refusal} when it refuses, which plays no part for the client.
   * @throws when it could not be told.
   */
  tell(hook: RoomsHook, client: RoomsClient): Promise<void>;
}

/** Whoever answers for the app; set when all providers exist. */
export class RoomsApiHolder {
  api: RoomsApi | undefined;
}
