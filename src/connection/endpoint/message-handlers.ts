import { MESSAGE_METADATA } from '@nestjs/websockets/internal';

/** Handles a message of a client, given its connection and the payload that its frame was decoded to. */
export type MessageHandler = (connection: unknown, payload: unknown) => unknown;

/**
 * The table of a gateway's handlers, made once, at the start: its methods with `@SubscribeMessage()`, by the name there.
 *
 * A gateway looks like one of Nest, `@WebSocketGateway()` with `@SubscribeMessage()` methods, but has nothing of Nest
 * beyond these marks: a method gets the connection and the payload, in this order, and its result is waited for, not
 * sent. `@ConnectedSocket()` and `@MessageBody()` have no effect, nor have guards, pipes, interceptors and filters, its
 * own or the app's: Nest would make handlers and observables for each connection, and put around them the app's global
 * ones, which know nothing of these protocols. On providers that answer callbacks they have.
 */
export function messageHandlersOf(gateway: object): ReadonlyMap<string, MessageHandler> {
  const prototype = Object.getPrototypeOf(gateway) as object;
  const handlers = new Map<string, MessageHandler>();
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype))) {
    const message: unknown =
      typeof value === 'function' ? Reflect.getMetadata(MESSAGE_METADATA, value) : undefined;
    if (typeof message === 'string') handlers.set(message, (value as MessageHandler).bind(gateway));
  }
  return handlers;
}
