import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import { Frames } from './frames.js';

const TIMEOUT_MS = 1;

describe('the frames of a connection', () => {
  let socket: EventEmitter;

  beforeEach(() => {
    socket = new EventEmitter();
  });

  function frames(timeoutMs = TIMEOUT_MS): Frames {
    return new Frames(socket as WebSocket, timeoutMs);
  }

  const isB = ({ event }: Readonly<Record<string, unknown>>): boolean => event === 'b';

  it('are taken when they come, each once', async () => {
    const all = frames(5_000);
    const taken = all.take('b', isB);
    socket.emit('message', Buffer.from('{"event":"a"}'));
    socket.emit('message', Buffer.from('{"event":"b","n":1}'));
    socket.emit('message', Buffer.from('{"event":"b","n":2}'));
    expect(await taken).toEqual({ event: 'b', n: 1 });
    expect(await all.take('b', isB)).toEqual({ event: 'b', n: 2 });
    expect(all.left(isB)).toEqual([]);
    expect(all.all).toHaveLength(3);
  });

  it('that do not come in time are missed, and what came is told', async () => {
    const all = frames();
    await expect(all.take('b', isB)).rejects.toThrow('b did not come within 1 ms; nothing else came');
    socket.emit('message', Buffer.from('{"event":"a"}'));
    socket.emit('message', Buffer.from('"no frame"'));
    await expect(all.take('b', isB)).rejects.toThrow(
      "b did not come within 1 ms; what did come:\n  { event: 'a' }",
    );
    await expect(all.end()).rejects.toThrow('the end of the connection did not come within 1 ms');
  });

  it('are not waited for when the connection has ended', async () => {
    const all = frames(5_000);
    const taken = all.take('b', isB);
    socket.emit('close', 4401, Buffer.from('Gone.'));
    await expect(taken).rejects.toThrow(
      'b did not come before the connection was closed with 4401 "Gone."; nothing else came',
    );
    expect(await all.end()).toEqual({ code: 4401, reason: 'Gone.' });
  });
});
