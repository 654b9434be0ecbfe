import { connect, type Socket } from 'node:net';
import { API_KEY } from './gateway.js';
import { eventually } from './wait.js';

/** A request to publish, byte for byte. */
export function publishRequest(body: string, path = '/publish', headers = ''): string {
  const length = Buffer.byteLength(body);
  const key = `Authorization: Bearer ${API_KEY}\r\n`;
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${key}${headers}Content-Length: ${length}\r\n\r\n${body}`;
}

/** A response, as far as tests look at it. */
export interface SocketResponse {
  readonly status: number;
  /** Everything before the body; the date is left out. */
  readonly head: string;
  readonly body: string;
}

/** An HTTP client that sends just the bytes it is given. */
export class HttpSocket {
  isClosed = false;
  private bytes = Buffer.alloc(0);

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.bytes = Buffer.concat([this.bytes, chunk])));
    socket.on('close', () => (this.isClosed = true)).on('error', () => undefined);
  }

  static async connect(port: number): Promise<HttpSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new HttpSocket(socket);
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** The next response. */
  response(): Promise<SocketResponse> {
    return eventually(() => this.take(), { what: 'a response' });
  }

  /** All that came, once the connection is closed. */
  async untilClosed(): Promise<string> {
    await eventually(() => this.isClosed, { what: 'the connection to close' });
    return this.bytes.toString();
  }

  stop(): void {
    this.socket.destroy();
  }

  private take(): SocketResponse | undefined {
    const headEnd = this.bytes.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = this.bytes.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const start = headEnd + 4;
    if (this.bytes.length < start + length) return undefined;
    const body = this.bytes.toString('utf8', start, start + length);
    this.bytes = this.bytes.subarray(start + length);
    return { status, head: head.replace(/\r\nDate: [^\r]*/i, ''), body };
  }
}
