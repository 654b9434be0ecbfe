import { type Client, createClient, type Options, type PageListener, type Schema } from 'kittiwake-client';
import { fakeServer, type FakeServer } from 'kittiwake-client/testing';

/** A client and its server in memory, and what it has been through. */
export class World<S extends Schema = Schema> {
  readonly states: string[] = [];
  readonly errors: string[] = [];
  readonly client: Client<S>;
  /** The page of the client, as far as it listens. */
  page: PageListener | undefined;

  constructor(
    options: Partial<Options> = {},
    readonly server: FakeServer = fakeServer(),
  ) {
    this.client = createClient<S>({
      url: 'ws://gateway.test/ws',
      transports: [server.transport],
      clock: server.clock,
      pageEvents: (listener) => {
        this.page = listener;
        return () => (this.page = undefined);
      },
      ...options,
    });
    this.client.on('state', (state, { reason }) => this.states.push(`${state}(${reason})`));
    this.client.on('error', ({ code }) => this.errors.push(code));
  }

  /** Lets time go by. */
  pass(ms: number): Promise<void> {
    return this.server.clock.advance(ms);
  }

  /** The events of this name that the server has got. */
  got(event: string): Readonly<Record<string, unknown>>[] {
    return this.server.received.filter((frame) => frame['event'] === event);
  }
}
