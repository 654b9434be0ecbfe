import type { CloseReason } from '../protocol/close-reason.js';

/**
 * Where clients of one protocol connect: what Nest takes for the WebSocket server of a gateway.
 * The gateway sets {@link handle} in its `afterInit`.
 *
 * The gateway has no `@SubscribeMessage` handlers: around those Nest would put the app's global guards, pipes, interceptors
 * and filters, which know nothing of Kittiwake's protocols. They work on the providers that answer callbacks.
 */
export class Endpoint {
  /** Handles a frame of a connection; the next one comes when it is done. What it throws is a defect. */
  handle: (connection: never, frame: Buffer) => unknown = () => {
    throw new Error(`the gateway of ${this.path} has not said how to handle frames`);
  };
  /** Close codes that a compatible protocol prescribes for clients that did not ask for a sub-protocol of ours. */
  prescribedCodes: ReadonlyMap<CloseReason, number> = new Map();
  /** Nest's own handler of new connections. */
  connected: ((client: unknown) => void) | undefined;

  constructor(
    /** The URL path; `*` stands for every path. */
    readonly path: string,
    /** The sub-protocols that clients may ask for. */
    readonly subProtocols: readonly string[],
  ) {}

  matches(path: string): boolean {
    return this.path === '*' || this.path === path;
  }
}
