import type { ClientOptions } from 'ws';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { Sessions } from '../../src/topics/sessions.js';
import { TestClient } from './client.js';
import { TestGateway } from './gateway.js';
import { StubApp } from './stub-app.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as string;

/** What the gateway adds to a message that it delivers at once. */
export const LIVE = { received_at: TIME, queue_size: expect.any(Number) as number, sent_at: TIME };

/** What it adds to one that it held or delayed. */
export const KEPT = { sent_at: TIME };

/** A gateway and the app that it asks, without anything that another test has left. */
export class Stage {
  app!: StubApp;
  gateway!: TestGateway;
  private clients: TestClient[] = [];

  /** @param configure makes the options of the gateway from the URL of the app. */
  constructor(private readonly configure: (app: string) => KittiwakeOptions) {}

  async start(): Promise<void> {
    this.app = await StubApp.start();
    try {
      this.gateway = await TestGateway.start({
        callbacks: { wait: '10ms' },
        shutdown: { timeout: '1s' },
        ...this.configure(this.app.url),
      });
    } catch (error) {
      await this.app.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.app.stop();
  }

  /** Cuts all connections, and waits until the app has been told of the end of every subscription. */
  async everyoneLeaves(): Promise<void> {
    for (const client of this.clients.splice(0)) client.drop();
    await this.gateway.app.get(Sessions).drained();
  }

  /** Makes the stage as good as new. */
  async clear(): Promise<void> {
    this.app.forget();
    await this.everyoneLeaves();
    // Calls that were called off may still be on their way to the app: not any more when this one has come back.
    await fetch(this.app.url, { method: 'POST' });
    this.app.forget();
  }

  connect(...protocols: string[]): Promise<TestClient> {
    return this.connectTo(this.gateway.url, protocols);
  }

  async connectTo(url: string, protocols?: string[], options?: ClientOptions): Promise<TestClient> {
    const client = await TestClient.connect(url, protocols, options);
    this.clients.push(client);
    return client;
  }

  /** A client whose ticket the app has accepted with these fields. Not among the requests that the app remembers. */
  async authenticated(fields: object, client?: TestClient): Promise<TestClient> {
    const it = client ?? (await this.connect());
    this.app.answer('/ticket', { body: { status: 'ok', ...fields } });
    expect(await it.ask({ event: 'auth', ticket: 'T' })).toEqual({ event: 'auth', status: 'ok' });
    this.app.asked.pop();
    return it;
  }

  /** A client that has subscribed. */
  async subscriber(subscription: string, members: object = {}, client?: TestClient): Promise<TestClient> {
    const it = client ?? (await this.connect());
    expect(await it.ask({ event: 'subscribe', subscription, ...members })).toMatchObject({
      event: 'subscribe',
      status: 'ok',
    });
    return it;
  }

  /** Publishes over HTTP; when it resolves, every subscriber has been sent what it is to get at once. */
  async publish(subscription: string, data: unknown, members: object = {}): Promise<void> {
    await this.publishText(JSON.stringify({ subscription, data, ...members }));
  }

  /** Publishes a text as it is: one publication, or a list of them that all have to be taken. */
  async publishText(text: string): Promise<void> {
    const response = await this.gateway.publish(text);
    const answer = (await response.json()) as { results?: object[] };
    for (const result of answer.results ?? [answer]) expect(result).toEqual({ status: 'ok' });
  }

  /** Publishes to one topic, in one request, messages with these options and with their position as data. */
  async publishAll(subscription: string, options: readonly unknown[], members: object = {}): Promise<void> {
    const publications = options.map((options, data) => ({ subscription, data, options, ...members }));
    await this.publishText(JSON.stringify(publications));
  }
}

/** A stage that the tests of a file, or of a block, share. */
export function stageOfFile(configure: (app: string) => KittiwakeOptions): Stage {
  const stage = new Stage(configure);
  beforeAll(() => stage.start());
  afterEach(() => stage.clear());
  afterAll(() => stage.stop());
  return stage;
}

/** A stage of each test's own, for tests that do not leave it as it was. */
export function stageOfTest(configure: (app: string) => KittiwakeOptions): Stage {
  const stage = new Stage(configure);
  beforeEach(() => stage.start());
  afterEach(() => stage.stop());
  return stage;
}
