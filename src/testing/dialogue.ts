import type { WebSocket } from 'ws';
import { type Frame, Frames } from './frames.js';
import { type Refused, RefusedError, refusedOf } from './refused-error.js';
import { eventName, type TestingEvent } from './testing-event.js';

/** An event that there is not: it is answered in its turn, unlike a ping. */
const IN_TURN: TestingEvent = { event: 'in turn' };

/** The events of a client, and the replies to them. */
export class Dialogue {
  readonly frames: Frames;
  private lastId = 0;

  constructor(
    private readonly webSocket: WebSocket,
    timeoutMs: number,
  ) {
    this.frames = new Frames(webSocket, timeoutMs);
  }

  /** Sends an event. @returns the reply, or the first of several. @throws {RefusedError} when it is an error. */
  async ask(event: TestingEvent): Promise<Frame> {
    return this.reply(this.send(event), eventName(event));
  }

  /** The next reply with an id. @throws {RefusedError} when it is an error. */
  async reply(id: unknown, what: string): Promise<Frame> {
    const reply = await this.frames.take(
      `the reply to ${what}`,
      (frame) => isReply(frame) && frame.id === id,
    );
    if (reply.status === 'error') throw new RefusedError(what, refusedOf(reply));
    return reply;
  }

  /** Sends an event that is to be refused. @returns the refusal, or nothing when it was not. */
  async refusal(event: TestingEvent): Promise<Refused | undefined> {
    try {
      await this.ask(event);
      return undefined;
    } catch (error) {
      if (error instanceof RefusedError) return error.refused;
      throw error;
    }
  }

  /** Resolves when the gateway has answered all that was sent, and so sent what came of it. */
  async settled(): Promise<void> {
    await this.refusal(IN_TURN);
  }

  close(): void {
    this.webSocket.close();
  }

  private send(event: TestingEvent): number {
    const id = ++this.lastId;
    this.webSocket.send(JSON.stringify({ ...event, id }));
    return id;
  }
}

function isReply({ status }: Frame): boolean {
  return status !== undefined;
}
