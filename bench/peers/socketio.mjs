/**
 * Socket.IO with rooms: takes publications by HTTP and emits to the room of the topic. As its page on performance
 * advises, without polling and compression, and the request is dropped after the handshake. Listens on `PORT`. With
 * `RECOVERY` it keeps the state of connections for those that come back, with `REDIS_URL` in Redis Streams.
 */
import http from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { HOST, KEEP_ALIVE_MS } from '../wire.mjs';
import { message } from './envelope.mjs';
import { identityOf } from './identity.mjs';

const OK = '{"status":"ok"}';

const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { subscription, data } = JSON.parse(Buffer.concat(chunks).toString());
    io.to(subscription).emit('message', message(subscription, data));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': OK.length });
    response.end(OK);
  });
});

const { RECOVERY, REDIS_URL } = process.env;

const io = new Server(server, {
  ...(RECOVERY && { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } }),
  ...(REDIS_URL && { adapter: createAdapter(new Redis(REDIS_URL)) }),
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
});

io.engine.on('connection', (socket) => {
  socket.request = null;
});

io.on('connection', (socket) => {
  socket.on('subscribe', async (topic, done) => {
    await socket.join(topic);
    done('ok');
  });
  socket.on('auth', (token, done) => {
    socket.data.identity = identityOf(token);
    done('ok');
  });
  socket.on('ping', (text, done) => done(text));
  socket.on('add', (a, b, done) => done(a + b));
});

server.listen({ port: Number(process.env.PORT), host: HOST, backlog: 4096 });
