import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { destroyClient } from './connection.js';
import { SHARDED } from './dialect.js';
import { RedisSubscriptions } from './subscriptions.js';

const CHANNEL = '{3}:books.1';
const SUBSCRIBED = `*3\r\n$10\r\nssubscribe\r\n$11\r\n${CHANNEL}\r\n:1\r\n`;
const UNSUBSCRIBED = `*3\r\n$12\r\nsunsubscribe\r\n$11\r\n${CHANNEL}\r\n:0\r\n`;
const PONG = '*2\r\n$4\r\npong\r\n$9\r\nkittiwake\r\n';

describe('leaving a sharded channel', () => {
  let server: Server;
  let client: Redis;
  let answers: Record<string, string>;
  let faults: string[];
  let subscriptions: RedisSubscriptions;

  beforeEach(async () => {
    answers = { ssubscribe: SUBSCRIBED, sunsubscribe: UNSUBSCRIBED, ping: PONG };
    server = createServer((socket) => answer(socket, answers)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = new Redis(port, {
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
      lazyConnect: true,
    });
    client.on('error', () => undefined);
    await client.connect();
    faults = [];
    subscriptions = new RedisSubscriptions(client, SHARDED, {
      redirected: () => undefined,
      refused: () => undefined,
      failed: (fault) => faults.push(fault),
    });
    await subscriptions.join(CHANNEL);
  });
  afterEach(async () => {
    destroyClient(client);
    server.close();
    await once(server, 'close');
  });

  it('is confirmed', async () => {
    subscriptions.leave(CHANNEL);
    await subscriptions.join(CHANNEL);
    expect(faults).toEqual([]);
  });

  // Valkey and Redis send both when the slot moves while the command is on its way: valkey-io/valkey#1066.
  it('shows when what ended the subscription was not its answer', async () => {
    answers.sunsubscribe = `${UNSUBSCRIBED}-MOVED 1584 127.0.0.1:1\r\n`;
    subscriptions.leave(CHANNEL);
    await subscriptions.join(CHANNEL);
    expect(faults).toEqual(['the answers are out of order: MOVED 1584 127.0.0.1:1']);
  });
});

/** A server that says what it is to say to each command. */
function answer(socket: Socket, answers: Record<string, string>): void {
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    for (const [, command] of data.toString().matchAll(/\r\n(ssubscribe|sunsubscribe|ping)\r\n/g)) {
      socket.write(answers[command!]!);
    }
  });
}
