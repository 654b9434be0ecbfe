import type { WebSocket } from 'ws';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { toJsonText } from '../protocol/json/json.js';
import { Dialogue } from './dialogue.js';
import { ExpectationError } from './expectation-error.js';
import type { Closed, Frame } from './frames.js';
import { matches } from './matches.js';
import { type Refused, refusedOf } from './refused-error.js';
import { eventName, type TestingEvent } from './testing-event.js';
import { placeName, onOneLine } from './wording.js';

/** Members of an event by name, such as extra fields, or `recover`. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * A client of `kittiwake.v1.json` on a real socket. What it does is to succeed, and what it expects is to come in time:
 * otherwise it throws a {@link RefusedError}, or an {@link ExpectationError} that says what came instead.
 */
export class TestingClient {
  private readonly dialogue: Dialogue;
  /** The numbers of the rooms that it has joined, by their canonical JSON. */
  private readonly refs = new Map<string, unknown>();

  /** @param timeoutMs how long each expectation waits. */
  constructor(webSocket: WebSocket, timeoutMs: number) {
    this.dialogue = new Dialogue(webSocket, timeoutMs);
  }

  /** All frames that it was sent. */
  get transcript(): readonly Frame[] {
    return this.dialogue.frames.all;
  }

  /** The id of its connection, as `Kittiwake.disconnect` and `exclude` of a trigger take it. */
  get connectionId(): string {
    return this.transcript.find(({ event }) => event === 'hello')?.connection_id as string;
  }

  /** Proves who it is. @param proof `{ ticket }`, or `{ method: 'jwt', token }`. */
  async authenticated(proof: Members): Promise<void> {
    await this.ask({ event: 'auth', ...proof });
  }

  /** Subscribes to a topic. @returns the state, if there is one. */
  async subscribed(topic: string, members: Members = {}): Promise<unknown> {
    const { data } = await this.ask({ event: 'subscribe', subscription: topic, ...members });
    return data;
  }

  /** Unsubscribes from a topic. @returns what the app says to it, if anything. */
  async unsubscribed(topic: string): Promise<unknown> {
    return (await this.ask({ event: 'unsubscribe', subscription: topic })).data;
  }

  /** Sends a message, which the app takes. @returns its reply, if it gives one. */
  async sent(topic: string, data: unknown): Promise<unknown> {
    return (await this.ask({ event: 'message', subscription: topic, data })).data;
  }

  /** Joins a room. */
  async joined(room: object, members: Members = {}): Promise<void> {
    const { ref } = await this.ask({ event: 'join', room, ...members });
    this.refs.set(keyOf(room), ref);
  }

  /** Leaves a room. */
  async left(room: object): Promise<void> {
    await this.ask({ event: 'leave', ref: this.refOf(room) });
    this.refs.delete(keyOf(room));
  }

  /** Calls a procedure. @param params a list, or named ones. @returns its value; of a stream the last. */
  async called(procedure: string, params: readonly unknown[] | Members = []): Promise<unknown> {
    return (await this.streamed(procedure, params)).at(-1);
  }

  /** Calls a procedure. @returns all that it gave, when it has ended. */
  async streamed(procedure: string, params: readonly unknown[] | Members = []): Promise<unknown[]> {
    const replies = [await this.ask({ event: 'call', procedure, params })];
    while (replies.at(-1)!.more === true)
      replies.push(await this.dialogue.reply(replies[0]!.id, `the call of ${procedure}`));
    return replies.flatMap((reply) => ('data' in reply ? [reply.data] : []));
  }

  /**
   * Gets the next publication of a topic, or the next trigger of a room.
   * @param expected what its data has to be: equal, or as matchers such as `expect.any(Number)` say. Absent: anything.
   * @returns its data.
   */
  async received(place: string | object, ...expected: [data?: unknown]): Promise<unknown> {
    const what = `${typeof place === 'string' ? 'a publication' : 'a trigger'} of ${placeName(place)}`;
    const { data } = await this.dialogue.frames.take(what, this.about(place, ['message', 'trigger']));
    if (expected.length > 0 && !matches(data, expected[0]))
      throw new ExpectationError(`${what} was to be ${onOneLine(expected[0])}, and was ${onOneLine(data)}`);
    return data;
  }

  /**
   * Has got nothing that was published or triggered and that no expectation has taken. It waits for an answer of the
   * gateway: with the memory broker, all that was published before has come by then.
   */
  async receivedNothing(): Promise<void> {
    await this.dialogue.settled();
    const left = this.dialogue.frames.left(isDelivery);
    if (left.length > 0) throw new ExpectationError(`nothing was to come, and it did: ${onOneLine(left)}`);
  }

  /**
   * Is refused a subscription, or what another event asks for: `client.refused({ event: 'call', procedure: 'add' })`.
   * @param expected members that the refusal has to have. @returns all of it.
   */
  async refused(asked: string | TestingEvent, expected: Partial<Refused> = {}): Promise<Refused> {
    const event = typeof asked === 'string' ? { event: 'subscribe', subscription: asked } : asked;
    const refusal = await this.dialogue.refusal(event);
    if (!refusal) throw new ExpectationError(`${eventName(event)} was to be refused, and was not`);
    if (!matches(refusal, { ...refusal, ...expected }))
      throw new ExpectationError(
        `${eventName(event)} was to be refused with ${onOneLine(expected)}, and was with ${onOneLine(refusal)}`,
      );
    return refusal;
  }

  /** Is told that the gateway has ended its subscription to a topic, or has taken it out of a room. @returns why. */
  async ended(place: string | object): Promise<Refused> {
    const isEnd = this.about(place, ['unsubscribe', 'leave']);
    return refusedOf(await this.dialogue.frames.take(`the end of ${placeName(place)}`, isEnd));
  }

  /** Is closed by the gateway. @param code the code of the close; absent: any. */
  async closed(code?: number): Promise<Closed> {
    const closed = await this.dialogue.frames.end();
    if (code === undefined || closed.code === code) return closed;
    throw new ExpectationError(`it was to be closed with ${code}, and was with ${onOneLine(closed)}`);
  }

  /** Closes its connection, as closing the app does. */
  async close(): Promise<void> {
    this.dialogue.close();
    await this.dialogue.frames.end();
  }

  /** Sends an event of the protocol. @returns the reply. @throws {RefusedError} when that is an error. */
  ask(event: TestingEvent): Promise<Frame> {
    return this.dialogue.ask(event);
  }

  /** Whether a frame is one of these events about a topic or a room, and no reply. */
  private about(place: string | object, events: readonly string[]): (frame: Frame) => boolean {
    const ref = typeof place === 'string' ? undefined : this.refOf(place);
    const isOfPlace = ({ subscription, ref: its }: Frame): boolean =>
      ref === undefined ? subscription === place : its === ref;
    return (frame) => frame.status === undefined && events.includes(String(frame.event)) && isOfPlace(frame);
  }

  private refOf(room: object): unknown {
    const ref = this.refs.get(keyOf(room));
    if (ref === undefined) throw new ExpectationError(`it has not joined ${placeName(room)}`);
    return ref;
  }
}

function keyOf(room: object): string {
  return canonicalJson(toJsonText(room));
}

function isDelivery({ event, status }: Frame): boolean {
  return status === undefined && (event === 'message' || event === 'trigger');
}
