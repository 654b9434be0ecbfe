import { type Deferred, deferred, eventually } from './wait.js';

/** An event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** A client over plain HTTP, which reads a stream and sends by requests. It sends no frame before the one before is taken. */
export class StreamClient {
  session = '';
  hello: Record<string, unknown> | undefined;
  readonly frames: string[] = [];
  closed: { code: number; reason: string } | undefined;
  isEnded = false;
  /** How many comments have come after the padding. */
  comments = 0;
  /** The number of the next frame. */
  n = 0;
  private text = '';
  private paused: Deferred<void> | undefined;

  private constructor(
    readonly url: string,
    readonly response: Response,
    private readonly abortion: AbortController,
  ) {}

  /** @param url of the stream. @throws with the status when it is refused. */
  static async connect(url: string, headers: Record<string, string> = {}): Promise<StreamClient> {
    const abortion = new AbortController();
    const response = await fetch(url, { method: 'POST', headers, signal: abortion.signal });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const client = new StreamClient(url, response, abortion);
    void client.read();
    await client.until(() => client.hello !== undefined, 'the greeting');
    return client;
  }

  /** The next frame, parsed. */
  async next(): Promise<Record<string, unknown>> {
    await this.until(() => this.frames.length > 0, 'a frame');
    return JSON.parse(this.frames.shift()!) as Record<string, unknown>;
  }

  /** Sends frames, at any node. @returns the status. */
  async send(...frames: unknown[]): Promise<number> {
    const { status } = await this.post(this.n, frames.map((frame) => JSON.stringify(frame)).join('\n'));
    if (status === 204) this.n += frames.length;
    return status;
  }

  post(n: number | string, body: string | Buffer, url = this.url): Promise<Response> {
    return fetch(`${url}/${this.session}?n=${n}`, { method: 'POST', body });
  }

  /** Sends, and returns the next frame. */
  async ask(frame: unknown): Promise<Record<string, unknown>> {
    expect(await this.send(frame)).toBe(204);
    return this.next();
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.closed !== undefined, 'the close');
    return this.closed!;
  }

  async untilEnded(): Promise<void> {
    await this.until(() => this.isEnded, 'the end of the stream');
  }

  /** Reads no more; what has come already does not count. */
  pause(): void {
    this.paused = deferred();
  }

  resume(): void {
    this.paused?.resolve();
  }

  /** Lets go of the stream. */
  drop(): void {
    this.abortion.abort();
  }

  until(isThere: () => boolean, what: string): Promise<true> {
    return eventually(isThere, { what, timeoutMs: 20_000 });
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) {
        await this.paused?.promise;
        this.take(decoder.decode(chunk as Uint8Array, { stream: true }));
      }
    } catch {
      // the stream was cut
    }
    this.isEnded = true;
  }

  private take(text: string): void {
    this.text += text;
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop()!;
    for (const block of blocks) {
      const event = eventIn(block);
      if (!event) this.comments++;
      else if (event.event === 'session') {
        this.session = event.data;
        this.comments = 0;
      } else if (event.event === 'close') this.closed = JSON.parse(event.data) as typeof this.closed;
      else if (event.data.startsWith('{"event":"hello"'))
        this.hello = JSON.parse(event.data) as Record<string, unknown>;
      else this.frames.push(event.data);
    }
  }
}

/** The event in a block of an event stream; nothing in one of comments. */
export function eventIn(block: string): StreamEvent | undefined {
  const lines = block.split('\n').filter((line) => !line.startsWith(':'));
  if (lines.length === 0) return undefined;
  const of = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  return { event: of('event')[0] ?? 'message', data: of('data').join('\n') };
}
