import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for their turn. Hardly a client sends a second before it has the first answer. */
const MAX_WAITING = 100;

/** The requests of a connection that have not been answered. */
interface Queue {
  last: ServerResponse;
  waiting: number;
}

const queues = new WeakMap<Socket, Queue>();
/** Whoever has had a turn may pass it on to another who takes turns. */
const begun = new WeakSet<ServerResponse>();

/**
 * Has the requests of one connection answered one after another: each when the client has read the answer before it, so
 * that who asks and does not read makes nothing. A client that is gone meanwhile is answered nothing.
 */
export function inTurn({ socket }: IncomingMessage, response: ServerResponse, answer: () => void): void {
  const begin = (): void => {
    begun.add(response);
    answer();
  };
  const queue = queues.get(socket);
  if (begun.has(response)) answer();
  else if (!queue || queue.last.closed) {
    queues.set(socket, { last: response, waiting: 0 });
    begin();
  } else if (queue.waiting === MAX_WAITING) socket.destroy();
  else wait(queue, response, () => !socket.destroyed && begin());
}

function wait(queue: Queue, response: ServerResponse, begin: () => void): void {
  queue.waiting++;
  queue.last.once('close', () => {
    queue.waiting--;
    begin();
  });
  queue.last = response;
}
