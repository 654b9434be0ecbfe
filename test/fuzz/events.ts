import { WebSocket } from 'ws';
import { anyObject, anyValue } from '../support/any-value.js';
import type { Chance } from '../support/chance.js';
import { rpcToken } from '../support/rpc.js';
import type { Victim } from './victim.js';

const EVENTS = [
  'ping',
  'auth',
  'subscribe',
  'unsubscribe',
  'message',
  'call',
  'cancel',
  'nothing',
  '__proto__',
];
const TOPICS = [
  'books.1',
  'books.\ud800',
  'own.1',
  'books',
  '',
  '.',
  `books.${'x'.repeat(2_000)}`,
  'constructor.1',
];
const ROOMS = [{ a: '1' }, { a: '*', b: 2 }, { a: null }, {}, { __proto__: 1 }, [], 'a'];
const SIGNS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\u',
  '\\ud800',
  ',',
  '1e999',
  '9'.repeat(1_100),
  '['.repeat(600),
  '\0',
];

/** Something of the JSON that clients of one of the protocols send. */
export function anyEvent(chance: Chance): Buffer {
  if (chance.below(12) === 0) return Buffer.from(JSON.stringify(anyValue(chance)));
  const made = chance.of([anyTopicEvent, anyRoomMessage, anyCall])(chance);
  const event = chance.below(5) === 0 ? { ...made, ...anyObject(chance) } : made;
  return Buffer.from(JSON.stringify(event));
}

function anyTopicEvent(chance: Chance): object {
  return {
    event: chance.below(10) === 0 ? anyValue(chance) : chance.of(EVENTS),
    ...(chance.below(4) > 0 && {
      subscription: chance.below(8) === 0 ? anyValue(chance) : chance.of(TOPICS),
    }),
    ...(chance.below(8) === 0 && { subscriptions: [chance.of(TOPICS), anyValue(chance)] }),
    ...(chance.below(3) === 0 && { a: anyValue(chance), data: anyValue(chance), options: anyValue(chance) }),
    ...(chance.below(3) === 0 && { id: anyValue(chance), name: 'ping', args: anyValue(chance) }),
  };
}

function anyRoomMessage(chance: Chance): object {
  return {
    type: chance.of(['subscribe', 'unsubscribe', 'status', 'publish', '']),
    room: chance.below(4) === 0 ? anyValue(chance) : chance.of(ROOMS),
    ...(chance.below(8) > 0 && { requestId: anyValue(chance) }),
  };
}

function anyCall(chance: Chance): object {
  return {
    function_name: chance.of(['ping', 'help', 'nothing', 'constructor', '']),
    parameters_list: anyValue(chance),
    marker: anyValue(chance),
  };
}

/** A client that sends events, damaged or not; it is answered, or closed, and what it gets is JSON. */
export async function sendEvents(chance: Chance, victim: Victim): Promise<void> {
  const path = chance.of(['/ws', '/rooms', `/rpc/token/${rpcToken()}`]);
  const socket = new WebSocket(
    `ws://127.0.0.1:${victim.port}${path}`,
    chance.of([[], ['kittiwake.v1.json']]),
  );
  let isOver = false;
  const texts: string[] = [];
  socket.on('message', (data: Buffer) => texts.push(data.toString()));
  socket
    .on('error', () => undefined)
    .on('close', () => (isOver = true))
    .on('pong', () => (isOver = true));
  await new Promise((resolve) => socket.once('open', resolve).once('close', resolve));
  const events = Array.from({ length: 1 + chance.below(20) }, () => anyEvent(chance));
  for (const event of events) {
    const bytes = chance.below(2) === 0 ? chance.damaged(event, SIGNS) : event;
    socket.send(chance.below(20) === 0 ? bytes : bytes.toString(), () => undefined);
  }
  socket.ping(undefined, undefined, () => undefined);
  await victim.until(() => isOver, `an end or a pong after ${JSON.stringify(events.map(String))}`);
  for (const text of texts) if (text !== 'pong') JSON.parse(text);
  socket.terminate();
}
