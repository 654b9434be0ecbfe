import { MESSAGE_METADATA } from '@nestjs/websockets/internal';

/** What a message of a client goes to, with the connection and what its frame was read to. */
export type MessageHandler = (connection: unknown, payload: unknown) => unknown;

/**
 * The table of a gateway's handlers, made once, at the start: its methods with `@SubscribeMessage()`, by the name there.
 *
 * A gateway is a class as Nest people know it, `@WebSocketGateway()` with `@SubscribeMessage()` methods, and these marks
 * are all of Nest that it has: a method gets the connection and the message, in this order, and what it returns is waited
 * for, not sent. `@ConnectedSocket()` and `@MessageBody()` would do nothing, nor would guards, pipes, interceptors and
 * filters, its own or the app's: Nest would make handlers and observables for each connection and put the app's global
 * ones around them, which know nothing of these protocols. They work on the providers that answer callbacks.
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
