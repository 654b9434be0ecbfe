import type { KittiwakeOptions } from '../../src/config/options.js';
import { TestClient } from '../support/client.js';
import { API_KEY } from '../support/gateway.js';
import { answer, HttpApp } from '../support/http-app.js';
import { letIn } from '../support/rooms.js';
import { SECRET } from '../support/rpc.js';
import { ServerProcess } from '../support/server-process.js';
import { eventually } from '../support/wait.js';

const ERROR_LINE = /"level":[56]0|"level":"(?:error|fatal)"/;
const MAX_RESIDENT_BYTES = 768 << 20;
/** Also with other tests beside it. */
const PATIENCE_MS = 15_000;

/** A gateway as a process of its own that is thrown things at, and clients of it that mean well. */
export class Victim {
  private constructor(
    readonly server: ServerProcess,
    private readonly app: HttpApp,
    private readonly reader: TestClient,
    private readonly member: TestClient,
  ) {}

  static async start({ rooms, ...options }: KittiwakeOptions = {}): Promise<Victim> {
    const app = await HttpApp.start((response) =>
      answer(response, '{"allowed_rooms": [{"a": "*"}, {"a": "1", "b": "*"}]}'),
    );
    const config = {
      log: { format: 'json' },
      publish: { apiKeys: [API_KEY] },
      compression: { enabled: true },
      services: { books: { requireAuthentication: false, extraFields: ['a'], filterFields: ['a'] }, own: {} },
      auth: { maxFailuresPerAddress: 0, jwt: { algorithms: ['HS256'], secret: SECRET } },
      procedures: {},
      rooms: { path: '/rooms', api: { url: `${app.origin}/` }, ...rooms },
      ...options,
    };
    const server = await ServerProcess.start({ config });
    const reader = await TestClient.connect(server.url);
    await reader.ask({ event: 'subscribe', subscription: 'books.well' });
    const member = await letIn(await TestClient.connect(`ws://127.0.0.1:${server.port}/rooms`));
    await member.ask({ type: 'subscribe', room: { a: 'well' }, requestId: 1 });
    return new Victim(server, app, reader, member);
  }

  get port(): number {
    return this.server.port;
  }

  /** @throws unless it runs, has logged no error, has not grown without bound, and serves those who mean well. */
  async expectWell(): Promise<void> {
    expect(this.server.exitCode).toBeUndefined();
    expect(await this.reader.ask({ event: 'ping' })).toMatchObject({ event: 'pong' });
    expect(await this.member.send('ping').text()).toBe('pong');
    expect(await this.push('/publish', { subscription: 'books.well', data: 1 })).toBe(200);
    expect(await this.reader.next()).toMatchObject({ event: 'message', data: 1 });
    expect(await this.push('/trigger', { rooms: [{ a: 'well' }], data: 2 })).toBe(200);
    expect(await this.member.next()).toMatchObject({ data: 2 });
    expect(this.server.output.split('\n').filter((line) => ERROR_LINE.test(line))).toEqual([]);
    expect(this.server.stderr).toBe('');
    expect(await this.residentBytes()).toBeLessThan(MAX_RESIDENT_BYTES);
  }

  /** Waits until what waits for it has come, in words of the error. */
  until(isSo: () => unknown, what: string): Promise<unknown> {
    return eventually(isSo, { timeoutMs: PATIENCE_MS, what });
  }

  /** Takes the frames until one that is meant has come. */
  async received(client: 'reader' | 'member', data: unknown): Promise<void> {
    for (;;) if ((await this[client].next())['data'] === data) return;
  }

  async stop(): Promise<void> {
    this.reader.drop();
    this.member.drop();
    await this.server.stop();
    await this.app.stop();
  }

  private async push(path: string, body: object): Promise<number> {
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const url = `${this.server.httpUrl}${path}`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  }

  private async residentBytes(): Promise<number> {
    const text = await (await fetch(`${this.server.operatorsUrl}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  }
}
