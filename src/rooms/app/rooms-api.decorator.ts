import { SetMetadata } from '@nestjs/common';
import type { RoomsHook } from './rooms-api.js';

/** The metadata key of the decorators below. */
export const ROOMS_CALLBACK = 'kittiwake:rooms-callback';

/** The callbacks that a method of a provider can answer. */
export type RoomsCallback = 'allowedRooms' | RoomsHook;

const callback = (kind: RoomsCallback) => (): MethodDecorator => SetMetadata(ROOMS_CALLBACK, kind);

/**
 * Says which rooms a client may join. The method gets a {@link CallbackRequest} with the fields `connection_id` and
 * `headers` (those made from the handshake) and returns a list of rooms; it refuses by throwing a `Refusal`, a `WsException`
 * or an exception with status 400, 401 or 403, or by returning nothing.
 */
export const AllowedRooms = callback('allowedRooms');
/** Told that a client has connected and was let in. */
export const OnRoomsConnect = callback('onConnect');
/** Told that a client has sent `ping`. */
export const OnRoomsPing = callback('onPing');
/** Told that a client has gone. */
export const OnRoomsDisconnect = callback('onDisconnect');
