import type { MessageMappingProperties } from '@nestjs/websockets';
import type { CloseReason } from '../protocol/close-reason.js';

/** A client's frame, read: the `@SubscribeMessage` handler that it is for, and what the handler gets. */
export interface DecodedFrame {
  readonly handler: string;
  readonly payload: unknown;
}

/**
 * Where clients of one protocol connect: what Nest takes for the WebSocket server of a gateway.
 * The gateway sets {@link decode} in its `afterInit`.
 */
export class Endpoint {
  /** Reads a frame. MUST NOT throw: frames that cannot be read are for a handler of their own. */
  decode: (frame: Buffer) => DecodedFrame = () => {
    throw new Error(`the gateway of ${this.path} has not said how to decode frames`);
  };
  /** Close codes that a compatible protocol prescribes for clients that did not ask for a sub-protocol of ours. */
  prescribedCodes: ReadonlyMap<CloseReason, number> = new Map();
  /** Nest's own handler of new connections. */
  connected: ((client: unknown) => void) | undefined;
  /** The position of each handler in the list that Nest binds for every connection. */
  private handlerIndex: ReadonlyMap<string, number> | undefined;

  constructor(
    /** The URL path; `*` stands for every path. */
    readonly path: string,
    /** The sub-protocols that clients may ask for. */
    readonly subProtocols: readonly string[],
  ) {}

  matches(path: string): boolean {
    return this.path === '*' || this.path === path;
  }

  /** The position of a handler in the list of all handlers of the gateway. */
  indexOf(handler: string, handlers: readonly MessageMappingProperties[]): number {
    this.handlerIndex ??= new Map(handlers.map(({ message }, index) => [message as string, index]));
    return this.handlerIndex.get(handler) ?? -1;
  }
}
