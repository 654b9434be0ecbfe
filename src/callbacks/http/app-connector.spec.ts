import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { callersOfTest, rejection } from '../../../test/support/http-callers.js';
import { eventually } from '../../../test/support/wait.js';
import type { JsonText } from '../../protocol/json/json.js';

const BODY = '{}' as JsonText;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
const MEMBERS = new Map([['a', '1']]);

/** Gets each request of a connection: which connection it is, and which request on it, from 1. */
type Handler = (socket: Socket, connection: number, request: number) => void;

let debugged: string[];
beforeEach(() => {
  debugged = [];
  const debug = (message: unknown): unknown => debugged.push(String(message));
  Logger.overrideLogger({ log: () => {}, error: () => {}, warn: () => {}, debug });
});
afterAll(() => Logger.overrideLogger(false));

describe('an app that speaks HTTP as few do', () => {
  const openCaller = callersOfTest();
  let server: Server;
  let asked: string[];
  let sockets: Socket[];

  async function start(handler: Handler): Promise<string> {
    [asked, sockets] = [[], []];
    server = createServer((socket) => {
      const connection = sockets.push(socket);
      let requests = 0;
      socket.setNoDelay().on('error', () => {});
      socket.on('data', () => {
        asked.push(`${connection}.${++requests}`);
        handler(socket, connection, requests);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it.each([
    ['100', CONTINUE],
    ['103', HINTS],
    ['several', CONTINUE + HINTS + CONTINUE],
    ['none', ''],
  ])('may send interim answers before its answer: %s', async (_, interim) => {
    const url = await start((socket) => socket.write(interim + ANSWER));
    const caller = openCaller({ tries: 1 });
    for (let count = 0; count < 3; count++) await expect(caller.call(url, BODY)).resolves.toEqual(MEMBERS);
  });

  it('may send them in pieces', async () => {
    const url = await start((socket) => {
      void (async () => {
        for (const byte of CONTINUE + HINTS + ANSWER) {
          socket.write(byte);
          await turn();
        }
      })();
    });
    const caller = openCaller({ tries: 1, connections: 1 });
    for (let count = 0; count < 2; count++) await expect(caller.call(url, BODY)).resolves.toEqual(MEMBERS);
    expect(asked).toEqual(['1.1', '1.2']);
  });

  it('may have what looks like one in its answer', async () => {
    const text = `{"a": "${CONTINUE.trim()}"}`;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`;
    const url = await start((socket) => {
      socket.write(head, () => socket.write(text));
    });
    const answered = await openCaller({ tries: 1 }).call(url, BODY);
    expect(answered.get('a')).toBe(`"${CONTINUE.trim()}"`);
  });

  it.each([
    [
      'switches protocols unasked',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n',
    ],
    ['ends within an interim answer', 'HTTP/1.1 10'],
    ['has an interim answer without end', `HTTP/1.1 103 Early Hints\r\n${'a: b\r\n'.repeat(50_000)}`],
  ])('has failed when it %s', async (_, text) => {
    const url = await start((socket) => socket.end(text));
    await expect(openCaller({ tries: 1 }).call(url, BODY)).rejects.toThrow('failed after 1 try');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('%s a kept-alive connection as a request comes, and is asked again at once', async (_, close) => {
    const url = await start((socket, _connection, request) => {
      if (request === 1) socket.write(ANSWER);
      else close(socket);
    });
    // Were it a try, the next one would come after an hour.
    const caller = openCaller({ tries: 2, connections: 1, waitMs: 3_600_000 });
    for (let count = 0; count < 3; count++) await expect(caller.call(url, BODY)).resolves.toEqual(MEMBERS);
    expect(asked).toEqual(['1.1', '1.2', '2.1', '2.2', '3.1']);
    const { body } = await openCaller({ tries: 1 }).request({ method: 'GET', url, headers: {} });
    expect(body.toString()).toBe('{"a":1}');
  });

  it('is not asked again at once when a call is tried once', async () => {
    const url = await start((socket, _connection, request) => {
      if (request === 1) socket.write(ANSWER);
      else socket.end();
    });
    const caller = openCaller({ tries: 1, connections: 1 });
    await caller.call(url, BODY);
    await expect(caller.call(url, BODY)).rejects.toThrow('failed after 1 try: other side closed');
    expect(asked).toEqual(['1.1', '1.2']);
  });

  it.each([
    ['a new connection ends', 1, ''],
    ['a part of the answer came', 2, 'HTTP/1.1 2'],
  ])('is not asked again at once when %s', async (_, last, text) => {
    const url = await start((socket, _connection, request) => {
      if (request === last) socket.end(text);
      else socket.write(ANSWER);
    });
    const caller = openCaller({ tries: 2, connections: 1, waitMs: 3_600_000 });
    for (let request = 1; request < last; request++) await caller.call(url, BODY);
    const call = caller.call(url, BODY);
    await eventually(() => debugged.length > 0);
    expect(debugged).toEqual([
      expect.stringContaining('try 1 failed, next in 3600000 ms: other side closed'),
    ]);
    expect(asked).toHaveLength(last);
    const ended = rejection(call);
    await caller.stop();
    await ended;
  });
});
