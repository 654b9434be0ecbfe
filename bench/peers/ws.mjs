/**
 * A bare `ws` server: takes publications by HTTP, makes the message once and loops over `client.send(buffer)`.
 * No authentication, no limits, no rules. Listens on `PORT`.
 */
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { HOST, WEBSOCKET_PATH } from '../wire.mjs';
import { messageText } from './envelope.mjs';

const topics = new Map();

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { subscription, data } = JSON.parse(Buffer.concat(chunks).toString());
    publish(subscription, data);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 15 });
    response.end('{"status":"ok"}');
  });
});

const sockets = new WebSocketServer({ server, path: WEBSOCKET_PATH, perMessageDeflate: false });

sockets.on('connection', (client) => {
  client.on('error', () => client.terminate());
  client.on('message', (/** @type {Buffer} */ text) => {
    const { event, subscription } = JSON.parse(text.toString());
    if (event !== 'subscribe') return;
    subscribe(client, subscription);
    client.send(JSON.stringify({ event, subscription, status: 'ok' }));
  });
});

server.listen({ port: Number(process.env.PORT), host: HOST, backlog: 4096 });

function subscribe(client, name) {
  const subscribers = topics.get(name) ?? new Set();
  topics.set(name, subscribers.add(client));
  client.on('close', () => subscribers.delete(client));
}

function publish(name, data) {
  const message = Buffer.from(messageText(name, data));
  for (const client of topics.get(name) ?? []) {
    if (client.readyState === client.OPEN) client.send(message, { binary: false });
  }
}
