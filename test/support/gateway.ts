import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadSettings } from '../../src/config/loading/load-settings.js';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { OperatorsServer } from '../../src/operators/operators-server.js';
import { createServer } from '../../src/server/create-server.js';

export const API_KEY = 'test-key-of-sixteen-or-more';

/** A started gateway, as `npm start` makes it, on a free port. */
export class TestGateway {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly port: number,
  ) {}

  /** Quiet, with an API key and fresh metrics on a free port, unless the options say otherwise. @param relay to others. */
  static async start(options: KittiwakeOptions = {}, relay?: string): Promise<TestGateway> {
    const settings = loadSettings({
      ...options,
      server: { port: 0, ...options.server },
      log: { level: 'silent', ...options.log },
      publish: { apiKeys: [API_KEY], ...options.publish },
      operators: { port: 0, ...options.operators },
      metrics: { maxAge: '0s', ...options.metrics },
      shutdown: { spread: '0s', ...options.shutdown },
    });
    const app = await createServer(settings, [], relay);
    try {
      await app.listen(settings.server.port, settings.server.host);
    } catch (error) {
      await app.close();
      throw error;
    }
    const { port } = app.getHttpServer().address() as { port: number };
    return new TestGateway(app, port);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where operators ask. */
  get operatorsUrl(): string {
    const { url } = this.app.get(OperatorsServer);
    if (url === undefined) throw new Error('it has no port for operators');
    return url;
  }

  /** POSTs to the publish endpoint; a string goes as it is. */
  publish(publication: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.push('/publish', publication, headers);
  }

  /** POSTs to the trigger endpoint. */
  trigger(body: unknown): Promise<Response> {
    return this.push('/trigger', body);
  }

  /** POSTs to any endpoint for services; a string goes as it is. */
  push(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.httpUrl + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${API_KEY}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** One metric's value, summed over its series that have all of the labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const text = await (await fetch(`${this.operatorsUrl}/metrics`)).text();
    let sum = 0;
    for (const line of text.split('\n')) {
      const [, found, series = '', value] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
      const isMeant = Object.entries(labels).every(([label, wanted]) =>
        series.includes(`${label}="${wanted}"`),
      );
      if (found === name && isMeant) sum += Number(value);
    }
    return sum;
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}
