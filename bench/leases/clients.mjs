// The app that gateways ask, and clients that subscribe.
import { createServer as createHttp } from 'node:http';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** An app that agrees to everything, and remembers what it is told of ends. */
export async function startApp() {
  const ends = [];
  const server = createHttp(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/end')
      ends.push({ id: request.headers['idempotency-key'], atMs: performance.now(), body: chunks.join('') });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    ends,
    stop: () => server.close(() => server.closeAllConnections()),
  };
}

/** Connects so many clients, some at a time, each with its subscriptions. */
export async function connectAll(url, { clients, subscriptions, atOnce = 50 }) {
  const sockets = [];
  let next = 0;
  const connectSome = async () => {
    while (next < clients) {
      const number = next++;
      const socket = new WebSocket(url, { perMessageDeflate: false });
      sockets.push(socket);
      await once(socket, 'open');
      let left = subscriptions;
      const done = new Promise((resolve) => socket.on('message', () => --left === 0 && resolve()));
      for (let topic = 0; topic < subscriptions; topic++)
        socket.send(
          `{"event":"subscribe","subscription":"books.${(number * subscriptions + topic) % 5_000}","n":"${number}"}`,
        );
      await done;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, connectSome));
  return sockets;
}

/** The configuration of a gateway whose app hears of beginnings and ends. */
export function configurationOf(app, redis, ledger, prefix = 'bench:') {
  const services = {
    books: {
      requireAuthentication: false,
      extraFields: ['n'],
      beforeSubscribe: `${app.url}/begin`,
      onUnsubscribe: `${app.url}/end`,
    },
  };
  return {
    services,
    broker: { kind: 'redis', redis: { url: redis.url, prefix } },
    callbacks: { connections: 256 },
    limits: { connectionsPerAddress: 0 },
    ledger,
  };
}
