import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The most requests of one connection that wait. Few clients send a second one before they have the first answer. */
const MAX_WAITING = 100;

/** The requests of a connection that have not been answered. */
interface Queue {
  last: ServerResponse;
  waiting: number;
}

const queues = new WeakMap<Socket, Queue>();
/** Answers whose turn has begun: a handler may pass one on to another handler that takes turns. */
const begun = new WeakSet<ServerResponse>();

/**
 * Has the requests of one connection answered one after another, each when the client has read the answer before it, so
 * that a client that does not read causes no work. One that is gone meanwhile gets no answer.
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
