import { WebSocket, type ClientOptions } from 'ws';
import { WaitError } from './wait.js';

const DEADLINE_MS = 5000;

/** How the gateway closed a connection. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket client that waits for frames with a deadline. */
export class TestClient {
  /** Frames that no expectation has taken yet. */
  readonly frames: string[] = [];
  /** The frame that greets clients of kittiwake.v1.json. */
  hello: Record<string, unknown> | undefined;
  closed: Closed | undefined;
  private wake: (() => void) | undefined;

  private constructor(readonly webSocket: WebSocket) {
    webSocket.on('message', (data: Buffer) => this.push(() => this.take(data.toString())));
    webSocket.on('close', (code, reason) =>
      this.push(() => (this.closed = { code, reason: reason.toString() })),
    );
    webSocket.on('error', () => undefined);
  }

  /** @throws {Error} with the HTTP status in its message when the handshake is refused. */
  static async connect(
    url: string,
    protocols: string[] = [],
    options: ClientOptions = {},
  ): Promise<TestClient> {
    const webSocket = new WebSocket(url, protocols, options);
    const client = new TestClient(webSocket);
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve);
      webSocket.once('error', reject);
    });
    return client;
  }

  /** The HTTP status with which a handshake is refused. */
  static async refusal(url: string, options: ClientOptions = {}): Promise<number> {
    const webSocket = new WebSocket(url, [], options);
    return new Promise((resolve, reject) => {
      webSocket.once('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      webSocket.once('open', () => {
        webSocket.terminate();
        reject(new Error('the handshake was accepted'));
      });
      webSocket.on('error', reject);
    });
  }

  /** Text goes as it is, anything else as JSON. */
  send(message: unknown): this {
    this.webSocket.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    );
    return this;
  }

  /** The text of the next frame. */
  async text(): Promise<string> {
    await this.until(() => this.frames.length > 0, 'a frame');
    return this.frames.shift()!;
  }

  /** The next frame, parsed. */
  async next(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.text()) as Record<string, unknown>;
  }

  /** The first frame of clients of kittiwake.v1.json, which no expectation has to take. */
  async greeting(): Promise<Record<string, unknown>> {
    await this.until(() => this.hello !== undefined, 'the greeting');
    return this.hello!;
  }

  /** Sends, and returns the next frame. */
  ask(message: unknown): Promise<Record<string, unknown>> {
    return this.send(message).next();
  }

  /**
   * Every frame that came before the answer to an event sent now. The gateway answers events in order, so what was
   * not sent by then will not come as a result of anything before.
   */
  async settled(): Promise<Record<string, unknown>[]> {
    const mark = `settled-${Math.random()}`;
    // A ping, but for clients whose pings overtake: there an event that does not exist.
    const isOrdered = this.webSocket.protocol === '';
    this.send(isOrdered ? { event: 'ping', data: mark } : { event: 'settled', id: mark });
    const before: Record<string, unknown>[] = [];
    for (;;) {
      const frame = await this.next();
      if ((isOrdered ? frame.data : frame.id) === mark) return before;
      before.push(frame);
    }
  }

  /** Resolves when the gateway has read all that was sent: it answers WebSocket pings at once, whatever it handles. */
  async untilSent(): Promise<void> {
    const ponged = new Promise((resolve) => this.webSocket.once('pong', resolve));
    this.webSocket.ping();
    await ponged;
  }

  async untilClosed(): Promise<Closed> {
    await this.until(() => this.closed !== undefined, 'the connection to close');
    return this.closed!;
  }

  /** Closes, and waits for it. */
  async close(): Promise<void> {
    this.webSocket.close();
    await this.untilClosed();
  }

  /** Cuts the TCP connection. */
  drop(): void {
    this.webSocket.terminate();
  }

  private take(text: string): void {
    if (text.startsWith('{"event":"hello"')) this.hello = JSON.parse(text) as Record<string, unknown>;
    else this.frames.push(text);
  }

  private push(change: () => void): void {
    change();
    this.wake?.();
  }

  private async until(isThere: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    while (!isThere()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || (this.closed && what === 'a frame')) {
        const instead = this.closed ? `; closed with ${this.closed.code} ${this.closed.reason}` : '';
        throw new WaitError(`${what} did not come within ${DEADLINE_MS} ms${instead}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
