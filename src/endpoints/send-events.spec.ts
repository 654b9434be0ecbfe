import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { sendEvents } from './send-events.js';

const CHUNK = 'x'.repeat(1 << 20);
let server: Server;
let socket: ReturnType<typeof connect>;

afterEach(async () => {
  socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('events', () => {
  it('are taken from nobody, and the reader is sent away, when it reads nothing for 15 seconds', async () => {
    let waitedMs: number | undefined;
    let isOver = false;
    const made = { count: 0, isLetGo: false };
    const sent = new Promise<void>((resolve, reject) => {
      server = createServer((_, response) => {
        const setTimeout = response.setTimeout.bind(response);
        // Time goes a hundred times faster for this one.
        response.setTimeout = (ms, onTimeout) => {
          waitedMs = ms;
          return setTimeout(ms / 100, onTimeout);
        };
        response.once('close', () => (isOver = true));
        sendEvents(response, endless).then(resolve, reject);
      });
    });
    async function* endless(): AsyncGenerator<string, void, void> {
      try {
        for (;;) {
          made.count++;
          yield CHUNK;
        }
      } finally {
        made.isLetGo = true;
      }
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await sent;
    expect([waitedMs, isOver, made.isLetGo]).toEqual([15_000, true, true]);
    expect(made.count).toBeLessThan(20); // what the sockets hold, and no more
  });
});
