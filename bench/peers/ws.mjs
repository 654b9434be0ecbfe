/**
 * A bare `ws` server: takes publications by HTTP, makes the message once and loops over `client.send(buffer)`.
 * No limits and no rules. Listens on `PORT`.
 */
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { HOST, KEEP_ALIVE_MS, WEBSOCKET_PATH } from '../wire.mjs';
import { message } from './envelope.mjs';
import { identityOf } from './identity.mjs';

const topics = new Map();

const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerTo(request.url, JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});

const sockets = new WebSocketServer({
  server,
  path: WEBSOCKET_PATH,
  perMessageDeflate: false,
  clientTracking: false,
});

sockets.on('connection', (client) => {
  client.topics = [];
  client.on('error', terminate);
  client.on('message', receive);
  client.on('close', leave);
});

server.listen({ port: Number(process.env.PORT), host: HOST, backlog: 4096 });

function terminate() {
  this.terminate();
}

function leave() {
  for (const subscribers of this.topics) subscribers.delete(this);
}

function receive(text) {
  const { event, ...details } = JSON.parse(text.toString());
  this.send(JSON.stringify(replyTo(this, event, details)));
}

function replyTo(client, event, details) {
  if (event === 'subscribe') return subscribe(client, details.subscription);
  if (event === 'ping') return { event: 'pong', data: details.data };
  if (event === 'auth') {
    client.identity = identityOf(details.token);
    return { event, status: 'ok' };
  }
  const [a, b] = details.parameters_list;
  return { result: add(a, b), marker: details.marker, eod: 1 };
}

function subscribe(client, subscription) {
  const subscribers = topics.get(subscription) ?? new Set();
  topics.set(subscription, subscribers.add(client));
  client.topics.push(subscribers);
  return { event: 'subscribe', subscription, status: 'ok' };
}

function answerTo(url, body) {
  if (url === '/rpc/add') return JSON.stringify(add(body.a, body.b));
  publish(body.subscription, body.data);
  return '{"status":"ok"}';
}

function publish(name, data) {
  const bytes = Buffer.from(JSON.stringify(message(name, data)));
  for (const client of topics.get(name) ?? []) {
    if (client.readyState === client.OPEN) client.send(bytes, { binary: false });
  }
}

function add(a, b) {
  return a + b;
}
