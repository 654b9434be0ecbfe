import { platform } from '../platform.js';
import type { TransportFactory } from '../transport/transport.js';
import { type FakeClock, fakeClock } from './fake-clock.js';
import { type Authenticate, type FakeGateway, roomKey } from './fake-gateway.js';
import { FakeSession } from './fake-session.js';
import { FakeTopic, type RoomAnswer, type TopicAnswer } from './fake-topic.js';

/** A gateway in memory, for tests of what uses the client. It speaks the protocol, and does what a test says. */
export interface FakeServer {
  readonly transport: TransportFactory;
  readonly clock: FakeClock;
  /** Says how a topic answers from now on. Others are refused with `invalid_service`. */
  topic(name: string, answer?: TopicAnswer): void;
  /** Says how a room with just these keys and values answers from now on. Others are refused with `room_not_found`. */
  room(room: object, answer?: RoomAnswer): void;
  /**
   * Others are refused with `procedure_undefined`. What it yields is a stream; with `resumable` its calls are kept, for ever: they
   * go on over `cut()`, and are watched and cancelled by their ids.
   */
  procedure(name: string, fn: (...args: never[]) => unknown, options?: { resumable?: boolean }): void;
  /** Default: everybody is let in, for ever. */
  authenticate(answer: Authenticate): void;
  publish(topic: string, data: unknown): void;
  /** Brings data to the clients in this very room. */
  trigger(room: object, data: unknown): void;
  /** Sends a frame of any kind to everybody. */
  send(frame: object): void;
  /** Ends all connections. Default: 1006, as when the network is cut. */
  cut(code?: number, reason?: string): void;
  /** Half open: takes everything and says nothing. */
  silence(isSilent?: boolean): void;
  /** Connections fail before they open. */
  refuse(isRefusing?: boolean): void;
  /** Ends all connections as those whose token has expired. */
  expire(): void;
  /** All frames of clients, in order. */
  readonly received: readonly Readonly<Record<string, unknown>>[];
  /** The number of open connections. */
  readonly connections: number;
  /** The times of tries to connect, by the clock. */
  readonly tries: readonly number[];
}

/** Makes one. @param clock the one that its clients have too. */
export function fakeServer(clock: FakeClock = fakeClock()): FakeServer {
  const sessions = new Set<FakeSession>();
  const tries: number[] = [];
  const gateway: FakeGateway = {
    clock,
    topics: new Map(),
    rooms: new Map(),
    procedures: new Map(),
    calls: new Map(),
    received: [],
    authenticate: () => undefined,
    isSilent: false,
  };
  let isRefusing = false;
  const transport: TransportFactory = (_url, events) => {
    tries.push(clock.now());
    const session = new FakeSession(gateway, events, () => sessions.delete(session));
    platform.queueMicrotask(() => {
      if (isRefusing) return session.end(1006, '');
      sessions.add(session);
      session.greet();
    });
    return session;
  };
  const cut = (code = 1006, reason = ''): void => sessions.forEach((session) => session.end(code, reason));
  return {
    transport,
    clock,
    tries,
    received: gateway.received,
    topic: (name, answer = {}) => answers(gateway.topics, name, answer),
    room: (room, answer = {}) => answers(gateway.rooms, roomKey(room), answer),
    procedure: (name, fn, { resumable } = {}) => void gateway.procedures.set(name, { fn, resumable }),
    authenticate: (answer) => void (gateway.authenticate = answer),
    publish(topic, data) {
      const published = gateway.topics.get(topic)?.publish(data);
      sessions.forEach((session) => session.deliver(topic, published));
    },
    trigger(room, data) {
      const published = gateway.rooms.get(roomKey(room))?.publish(data);
      sessions.forEach((session) => session.bring(roomKey(room), published));
    },
    send: (frame) => sessions.forEach((session) => session.say(frame)),
    cut,
    silence: (isSilent = true) => void (gateway.isSilent = isSilent),
    refuse: (isOn = true) => void (isRefusing = isOn),
    expire: () => cut(4401, 'The token has expired.'),
    get connections() {
      return sessions.size;
    },
  };
}

function answers(known: Map<string, FakeTopic>, name: string, answer: TopicAnswer): void {
  const topic = known.get(name);
  if (topic) topic.answer = answer;
  else known.set(name, new FakeTopic(name, answer));
}
