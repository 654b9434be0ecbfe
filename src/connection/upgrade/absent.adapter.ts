import type { WebSocketAdapter } from '@nestjs/common';

/** What to tell somebody whose app has another WebSocket adapter than Kittiwake's, or none. */
export const ADAPTER_ABSENT =
  "Kittiwake's clients cannot connect without its WebSocket adapter: " +
  'call app.useWebSocketAdapter(new KittiwakeAdapter(app)) before app.listen()';

/**
 * Stands where the app has not set an adapter yet. Nest would look for the one of socket.io there, advise to install it
 * and exit.
 */
export class AbsentAdapter implements WebSocketAdapter<object> {
  constructor(private readonly hasHttpServer: () => boolean) {}

  /** @throws when there are clients that might connect. */
  create(): object {
    if (this.hasHttpServer()) throw new Error(ADAPTER_ABSENT);
    return {};
  }

  bindClientConnect(): void {
    // nobody connects
  }

  bindMessageHandlers(): void {
    // nobody sends
  }

  async close(): Promise<void> {
    // nothing was opened
  }

  async dispose(): Promise<void> {
    // nothing was opened
  }
}
