/**
 * The clients that are compared: the `file` in `pages` that follows a topic with each, and in `smallest` the least that a page loads;
 * the code with which its server ends connections when it restarts; and the least that its server says.
 */
export const CONTESTANTS = [
  {
    name: 'kittiwake-client',
    file: 'kittiwake.js',
    restart: 1012,
    server: {
      opened(socket) {
        const hello = { event: 'hello', connection_id: 'c', ping_period: 15, limits: {}, features: [] };
        socket.say(JSON.stringify(hello));
      },
      received(socket, text) {
        const { event, id, subscription, subscriptions = [subscription] } = JSON.parse(text);
        if (event === 'ping') socket.say(JSON.stringify({ event: 'pong', data: null }));
        if (event !== 'subscribe') return;
        for (const one of subscriptions) {
          const name = one.subscription ?? one;
          socket.say(JSON.stringify({ event, subscription: name, status: 'ok', data: {}, id }));
          socket.say(JSON.stringify({ event: 'message', subscription: name, data: { price: 1 } }));
        }
      },
    },
  },
  {
    name: 'socket.io-client',
    file: 'socket-io.js',
    restart: 1006,
    server: {
      opened(socket) {
        const open = { sid: 's', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };
        socket.say(`0${JSON.stringify(open)}`);
      },
      pingMs: 25_000,
      ping: (socket) => socket.say('2'),
      received(socket, text) {
        if (text.startsWith('40')) socket.say('40{"sid":"s"}');
        if (text.startsWith('42')) socket.say('42["update",{"price":1}]');
      },
    },
  },
  {
    name: 'centrifuge',
    file: 'centrifuge.js',
    restart: 3001,
    server: {
      opened() {
        // The client speaks first.
      },
      pingMs: 25_000,
      ping: (socket) => socket.say('{}'),
      received(socket, text) {
        for (const line of text.split('\n').filter(Boolean)) {
          const { id, connect, subscribe } = JSON.parse(line);
          if (connect)
            socket.say(JSON.stringify({ id, connect: { client: 'c', version: '6', ping: 25, pong: true } }));
          if (!subscribe) continue;
          socket.say(JSON.stringify({ id, subscribe: {} }));
          socket.say(JSON.stringify({ push: { channel: subscribe.channel, pub: { data: { price: 1 } } } }));
        }
      },
    },
  },
];
