import { createHash } from 'node:crypto';
import type { TestGateway } from './gateway.js';
import { eventually } from './wait.js';

export const READ_KEY = 'a-key-of-who-may-only-look';
export const FULL_KEY = 'a-key-of-who-may-do-everything';

/** Keys of operators, for the configuration: one of them hashed. */
export const OPERATOR_KEYS = {
  rea: { key: READ_KEY },
  ful: { key: `sha256:${createHash('sha256').update(FULL_KEY).digest('hex')}`, access: 'full' as const },
};

type Answer = [status: number, body: Record<string, unknown>];

/** The API of the console of a gateway, as an operator with a key uses it. */
export class ConsoleApi {
  constructor(
    gateway: Pick<TestGateway, 'operatorsUrl'>,
    private readonly key: string | null = FULL_KEY,
    private readonly base = `${gateway.operatorsUrl}/console/api`,
  ) {}

  async get(path: string, query: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.base}/${path}?${new URLSearchParams(query).toString()}`, this.init);
    return [response.status, (await response.json()) as Record<string, unknown>];
  }

  /** The body of a 200. */
  async read<Body>(path: string, query: Record<string, string> = {}): Promise<Body> {
    const [status, body] = await this.get(path, query);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body as Body;
  }

  async post(path: string, body: unknown): Promise<Answer> {
    const init = { ...this.init, method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${this.base}/${path}`, init);
    return [response.status, (await response.json()) as Record<string, unknown>];
  }

  /** Follows something, until it is stopped. */
  async tail(query: Record<string, string>): Promise<Tail> {
    const leave = new AbortController();
    const url = `${this.base}/tail?${new URLSearchParams(query).toString()}`;
    const response = await fetch(url, { ...this.init, signal: leave.signal });
    if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
    const tail = new Tail(response.body, leave);
    await tail.next('begin');
    return tail;
  }

  private get init(): RequestInit {
    const headers = { 'Content-Type': 'application/json' };
    return {
      headers: this.key === null ? headers : { ...headers, Authorization: `Bearer ${this.key}` },
    };
  }
}

/** What an operator follows. */
export class Tail {
  private readonly events: [name: string, data: Record<string, unknown>][] = [];
  /** Resolves when no more comes. */
  readonly ended: Promise<void>;
  private text = '';

  constructor(
    body: ReadableStream<Uint8Array>,
    private readonly leave: AbortController,
  ) {
    this.ended = this.take(body).catch(() => undefined);
  }

  /** The data of the next event of a name; others before it are passed over. */
  next(name: string): Promise<Record<string, unknown>> {
    return eventually(
      () => {
        while (this.events.length > 0) {
          const [found, data] = this.events.shift()!;
          if (found === name) return data;
        }
        return undefined;
      },
      { what: `an event ${name}` },
    );
  }

  stop(): void {
    this.leave.abort();
  }

  private async take(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      this.text += decoder.decode(chunk, { stream: true });
      const whole = this.text.split('\n\n');
      this.text = whole.pop()!;
      for (const one of whole) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(one) ?? [];
        if (name && data) this.events.push([name, JSON.parse(data) as Record<string, unknown>]);
      }
    }
  }
}
