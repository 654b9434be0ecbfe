import type { Schema } from '../open-api.js';
import { ANYTHING, type ChannelPart, frameOf, type Message, POSITION, TEXT } from './async-api.js';

const ROOM: Schema = { type: 'object', description: 'Two are the same if they are equal as JSON.' };
const REQUEST_ID: Schema = { type: ['string', 'number', 'boolean', 'null'] };
const COUNT: Schema = { type: 'integer', minimum: 0 };
const PLAIN_TEXT = 'text/plain';

const type = (name: string): Schema => ({ const: name });

const MESSAGES: Readonly<Record<string, Message>> = {
  welcome: {
    title: 'welcome',
    summary: 'The first frame: whether the client was let in, and which rooms it may join.',
    payload: frameOf(
      { is_authorized: { type: 'boolean' } },
      { allowed_rooms: { type: 'array', items: ROOM }, connectionId: TEXT },
    ),
    examples: [{ payload: { is_authorized: true, allowed_rooms: [{ target: 'message', customer: '*' }] } }],
  },
  ping: { title: 'ping', summary: 'Bare text.', contentType: PLAIN_TEXT, payload: { const: 'ping' } },
  pong: { title: 'pong', summary: 'Bare text.', contentType: PLAIN_TEXT, payload: { const: 'pong' } },
  subscribe: {
    title: 'subscribe',
    summary: 'Joins a room.',
    payload: frameOf(
      { type: type('subscribe'), room: ROOM, requestId: REQUEST_ID },
      {
        recover: { type: 'boolean' },
        position: POSITION,
        presence: { enum: [true, false, 'count'] },
        reportDrops: { type: 'boolean' },
      },
    ),
  },
  unsubscribe: {
    title: 'unsubscribe',
    summary: 'Leaves what was joined with this request id.',
    payload: frameOf({ type: type('unsubscribe'), requestId: REQUEST_ID }),
  },
  status: {
    title: 'status',
    summary: 'Asks what the node does.',
    payload: frameOf({ type: type('status') }),
  },
  figures: { title: 'status', summary: 'What the node does.', payload: frameOf({ open_connections: COUNT }) },
  success: {
    title: 'success',
    summary: 'What the client wanted is done.',
    payload: frameOf(
      { code: type('success') },
      { requestId: REQUEST_ID, position: POSITION, recovered: { type: 'boolean' }, reason: TEXT },
    ),
  },
  error: {
    title: 'error',
    summary: 'What the client wanted is refused.',
    payload: frameOf({ code: type('error'), message: TEXT }, { requestId: ANYTHING }),
  },
  publish: {
    title: 'publish',
    summary: 'Something that was triggered for a room.',
    payload: frameOf(
      { type: type('publish'), data: ANYTHING, requestId: REQUEST_ID },
      { position: POSITION },
    ),
  },
  presence: {
    title: 'presence',
    summary: 'Who is in a room, or who has come and gone.',
    payload: frameOf({ type: type('presence'), room: ROOM }),
  },
};

const REF: Schema = { type: 'integer' };
const ok = (event: string, optional: Readonly<Record<string, Schema>> = {}): Schema =>
  frameOf({ event: type(event), ref: REF, status: type('ok') }, { id: ANYTHING, ...optional });

const JOINING: Readonly<Record<string, Message>> = {
  join: {
    title: 'join',
    summary: 'Joins a room.',
    payload: frameOf(
      { event: type('join'), room: ROOM },
      {
        id: ANYTHING,
        recover: { type: 'boolean' },
        position: POSITION,
        was: { type: ['string', 'array'] },
        presence: { enum: [true, false, 'count'] },
        report_drops: { type: 'boolean' },
      },
    ),
  },
  joined: {
    title: 'join',
    summary: 'The client is in the room, whose number is `ref`.',
    payload: ok('join', {
      position: POSITION,
      recovered: { type: 'boolean' },
      reason: TEXT,
      presence: ANYTHING,
    }),
  },
  leave: {
    title: 'leave',
    summary: 'Leaves a room.',
    payload: frameOf({ event: type('leave'), ref: REF }, { id: ANYTHING }),
  },
  left: {
    title: 'leave',
    summary: 'The client has left the room; with an error, by the will of the app.',
    payload: {
      anyOf: [ok('leave'), frameOf({ event: type('leave'), ref: REF, error: ANYTHING }, { code: TEXT })],
    },
  },
  trigger: {
    title: 'trigger',
    summary: 'Something that was triggered for a room.',
    payload: frameOf({ event: type('trigger'), ref: REF, data: ANYTHING }, { position: POSITION }),
  },
  told: {
    title: 'presence, position, reset, dropped',
    summary: 'As of a topic, with the number of the room.',
    payload: frameOf({ event: { enum: ['presence', 'position', 'reset', 'dropped'] }, ref: REF }),
  },
};

/** Adds rooms that are joined there to the endpoint of topics. */
export function withRooms(part: ChannelPart): ChannelPart {
  return {
    ...part,
    messages: { ...part.messages, ...JOINING },
    exchanges: {
      ...part.exchanges,
      join: { from: 'client', summary: 'Joins a room.', message: 'join', replies: ['joined', 'error'] },
      leave: { from: 'client', summary: 'Leaves a room.', message: 'leave', replies: ['left', 'error'] },
      left: { from: 'gateway', summary: 'Ends what was joined.', message: 'left' },
      trigger: { from: 'gateway', summary: 'Triggers a room.', message: 'trigger' },
      told: { from: 'gateway', summary: 'Tells about a room.', message: 'told' },
    },
  };
}

/** The endpoint of rooms. */
export function roomsPart(path: string): ChannelPart {
  const answers = ['success', 'error'];
  return {
    name: 'rooms',
    address: path === '*' ? '/' : path,
    title: 'Rooms',
    description: 'Clients join rooms that the app allows, and get what is triggered there.',
    messages: MESSAGES,
    exchanges: {
      welcome: { from: 'gateway', summary: 'Lets the client in, or not.', message: 'welcome' },
      ping: { from: 'client', summary: 'Asks for a sign of life.', message: 'ping', replies: ['pong'] },
      subscribe: { from: 'client', summary: 'Joins a room.', message: 'subscribe', replies: answers },
      unsubscribe: { from: 'client', summary: 'Leaves a room.', message: 'unsubscribe', replies: answers },
      status: { from: 'client', summary: 'Asks for figures.', message: 'status', replies: ['figures'] },
      publish: { from: 'gateway', summary: 'Triggers a room.', message: 'publish' },
      presence: { from: 'gateway', summary: 'Tells who is there.', message: 'presence' },
    },
  };
}
