/**
 * How one speaks to each kind of server. A dialect has `path`, which may depend on the connection, and texts by what they
 * are for; what is called `is...` tells the answer that is waited for.
 */
import { WEBSOCKET_PATH } from '../wire.mjs';
import { tokenOf } from './token.mjs';

/** Kittiwake, and the peers that are spoken to like it. */
const plain = {
  path: WEBSOCKET_PATH,
  subscribe: (topic) => JSON.stringify({ event: 'subscribe', subscription: topic }),
  isSubscribed: isOk,
  authenticate: (user) => JSON.stringify({ event: 'auth', method: 'jwt', token: tokenOf(user) }),
  isAuthenticated: isOk,
  ping: (text) => `{"event":"ping","data":"${text}"}`,
  pong: (text) => `{"event":"pong","data":"${text}"}`,
  call: (n) => `{"function_name":"add","parameters_list":[${n},1],"marker":${n}}`,
  result: (n) => `{"result":${n + 1},"marker":${n},"eod":1}`,
};

/** Nest's own adapter takes what an event carries as `data`. */
const nest = {
  ...plain,
  subscribe: (topic) => JSON.stringify({ event: 'subscribe', data: topic }),
  authenticate: (user) => JSON.stringify({ event: 'auth', data: tokenOf(user) }),
  call: (n) => `{"event":"add","data":{"parameters_list":[${n},1],"marker":${n}}}`,
};

/** Socket.IO on Engine.IO 4, without polling: packets 42 are events, 43 acknowledgements; the digit after is their id. */
const socketio = {
  path: '/socket.io/?EIO=4&transport=websocket',
  greeting: { isAsked: (text) => text.startsWith('0{'), answer: '40' },
  isGreeted: (text) => text.startsWith('40'),
  keepAlive: { ask: '2', answer: '3' },
  subscribe: (topic) => `420["subscribe","${topic}"]`,
  isSubscribed: (text) => text.startsWith('430'),
  authenticate: (user) => `421["auth","${tokenOf(user)}"]`,
  isAuthenticated: (text) => text.startsWith('431'),
  ping: (text) => `422["ping","${text}"]`,
  pong: (text) => `432["${text}"]`,
  call: (n) => `42${n}["add",${n},1]`,
  result: (n) => `43${n}[${n + 1}]`,
};

/** Kittiwake's rooms, where clients are let in before they say anything. */
const rooms = {
  path: '/rooms',
  isGreeted: (text) => text.includes('"is_authorized":true'),
  subscribe: (topic) => JSON.stringify({ type: 'subscribe', room: { target: topic }, requestId: '1' }),
  isSubscribed: (text) => text.includes('"success"'),
};

/** Kittiwake's procedures: a connection has a token from the start. */
const procedures = { ...plain, path: (index) => `/rpc/token/${tokenOf(`user-${index}`)}` };

export const DIALECTS = { plain, nest, socketio, rooms, procedures };

function isOk(text) {
  return text.includes('"status":"ok"');
}
