import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import type { Chance } from '../support/chance.js';
import type { TestGateway } from '../support/gateway.js';
import { eventually, WaitError } from '../support/wait.js';
import { anyRequest, cut } from './http-bytes.js';

const LAST = Buffer.from('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
/** Answers to what is no HTTP, of Fastify and of Node; what was asked before in the same bytes may be lost with it. */
const FAULT =
  /^HTTP\/1\.1 4\d\d .*\r\n(?:Content-Length: \d+\r\nContent-Type: |Connection: close\r\nTransfer-Encoding: )/;
const LAST_ANSWER = /^Connection: close/im;
const HANGS_MS = 5_000;
const TRIES = 3;

/** A port on which a gateway's HTTP server is reached without its intake. */
export class NodeAlone {
  private constructor(private readonly server: ReturnType<typeof createServer>) {}

  static async start(gateway: TestGateway): Promise<NodeAlone> {
    const http = gateway.app.getHttpServer();
    const serve = createHttpServer().listeners('connection')[0] as (this: Server, socket: Socket) => void;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => serve.call(http, socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new NodeAlone(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
  }
}

/** What one port answers to bytes. */
class Asked {
  isClosed = false;
  private received = Buffer.alloc(0);
  private readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    this.socket.on('end', () => (this.isClosed = true)).on('close', () => (this.isClosed = true));
    this.socket.on('error', () => undefined);
  }

  /** Each of them arrives by itself. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (this.isClosed) return;
      await new Promise((resolve) => this.socket.write(piece, resolve));
      await new Promise(setImmediate); // or they would arrive as one
    }
  }

  /** All that came, but for dates. */
  get text(): string {
    return this.received.toString('latin1').replace(/^Date: .*\r\n/gim, '');
  }

  stop(): void {
    this.socket.destroy();
  }
}

/**
 * Requests that are pipelined, cut anywhere: the answers are the same by both ports, and nothing hangs. What is lost
 * behind a fault depends on how pieces come together on their way, so what differs is asked again.
 */
export async function expectSameAnswers(
  chance: Chance,
  ports: { readonly intake: number; readonly alone: number },
): Promise<void> {
  const requests = Array.from({ length: 1 + chance.below(5) }, () => anyRequest(chance));
  const pieces = cut(chance, Buffer.concat([...requests, LAST]));
  for (let left = TRIES - 1; left >= 0; left--) {
    const difference = await differenceBetween(ports, pieces);
    if (difference === undefined) return;
    const sent = JSON.stringify(pieces.map((piece) => piece.toString('latin1')));
    if (left === 0) throw new Error(`the answers differ to ${sent}: ${inspect(difference)}`);
  }
}

async function differenceBetween(
  ports: { readonly intake: number; readonly alone: number },
  pieces: readonly Buffer[],
): Promise<object | undefined> {
  const [intake, alone] = [new Asked(ports.intake), new Asked(ports.alone)];
  try {
    await Promise.all([intake.send(pieces), alone.send(pieces)]);
    await untilRead(ports.intake, [intake, alone]);
    await eventually(() => differenceOf(intake, alone) === undefined, { timeoutMs: HANGS_MS });
    return undefined;
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    return differenceOf(intake, alone);
  } finally {
    intake.stop();
    alone.stop();
  }
}

/** Until both are closed, or so much was answered meanwhile that they will have been read. */
async function untilRead(port: number, sockets: readonly Asked[]): Promise<void> {
  for (let times = 0; times < 20 && !sockets.every(({ isClosed }) => isClosed); times++) {
    const healthy = new Asked(port);
    await healthy.send([LAST]);
    await eventually(() => healthy.isClosed, { timeoutMs: HANGS_MS, what: 'an answer to somebody else' });
    healthy.stop();
  }
}

function differenceOf(intake: Asked, alone: Asked): object | undefined {
  const areClosed = [intake.isClosed, alone.isClosed];
  if (intake.text === alone.text && areClosed[0] === areClosed[1]) return undefined;
  const [one, other] = [answersIn(intake.text), answersIn(alone.text)];
  const isAllowed = areClosed.every(Boolean) && (isLost(one, other) || isBehindTheLast(one, other));
  return isAllowed ? undefined : { intake: intake.text, alone: alone.text, areClosed };
}

interface Answers {
  readonly sound: string;
  readonly last: string;
  readonly hasFault: boolean;
}

function answersIn(text: string): Answers {
  const answers = text.split(/(?=HTTP\/1\.1 \d)/);
  const sound = answers.filter((answer) => !FAULT.test(answer));
  return { sound: sound.join(''), last: sound.at(-1) ?? '', hasFault: sound.length < answers.length };
}

/** Before a fault, such as a request behind one that closes, Node loses what it has not answered yet. */
function isLost(one: Answers, other: Answers): boolean {
  const isBeginning = one.sound.startsWith(other.sound) || other.sound.startsWith(one.sound);
  return isBeginning && [one, other].every(({ hasFault, last }) => hasFault || isEarly(last));
}

function isEarly(last: string): boolean {
  return LAST_ANSWER.test(last) && !last.includes('Cannot GET /last');
}

/** Behind the last answer, a fault may be told or not. */
function isBehindTheLast(one: Answers, other: Answers): boolean {
  return one.sound === other.sound && LAST_ANSWER.test(one.last);
}
