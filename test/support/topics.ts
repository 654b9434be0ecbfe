import type { KittiwakeOptions } from '../../src/config/options.js';
import { TestClient } from './client.js';
import { TestGateway } from './gateway.js';
import { StubApp } from './stub-app.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as string;

/** What the gateway adds to a message that it delivers at once. */
export const LIVE = { received_at: TIME, queue_size: expect.any(Number) as number, sent_at: TIME };

/** What it adds to one that it held or delayed. */
export const KEPT = { sent_at: TIME };

/** A gateway and the app that it asks, both new for each test of a file. */
export class Stage {
  app!: StubApp;
  gateway!: TestGateway;

  connect(...protocols: string[]): Promise<TestClient> {
    return TestClient.connect(this.gateway.url, protocols);
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

/** @param configure makes the options of the gateway from the URL of the app. */
export function stageOfTest(configure: (app: string) => KittiwakeOptions): Stage {
  const stage = new Stage();
  beforeEach(async () => {
    stage.app = await StubApp.start();
    stage.gateway = await TestGateway.start({
      callbacks: { wait: '10ms' },
      shutdown: { timeout: '1s' },
      ...configure(stage.app.url),
    });
  });
  afterEach(async () => {
    await stage.gateway.stop();
    await stage.app.stop();
  });
  return stage;
}
