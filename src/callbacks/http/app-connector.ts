import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { InterimHeads } from './interim-heads.js';

/** Errors that ended a kept-alive connection after a request was sent, before a byte of its answer. */
const unanswered = new WeakSet<Error>();

/** Connects as undici does, removes {@link InterimHeads}, and notes errors for {@link isUnanswered}. */
export function appConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) => {
    connect(target, (...result) => {
      const [, socket] = result;
      if (socket) watch(socket);
      callback(...result);
    });
  };
}

/**
 * Whether a kept-alive connection ended before a byte of the answer, as it does when the app closes an idle connection
 * while a request is on its way (RFC 9112 section 9.3.1).
 */
export function isUnanswered(error: Error): boolean {
  return unanswered.has(error);
}

/** Relies on undici to take data from `read` alone, and to write a request only after the answer to the last one. */
function watch(socket: Socket): void {
  const heads = new InterimHeads();
  const read = socket.read.bind(socket) as () => Buffer | null;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let hasServed = false;
  let isAsked = false;
  socket.write = (...args: unknown[]) => {
    isAsked = true;
    heads.begin();
    return write(...args);
  };
  socket.read = () => {
    for (;;) {
      const chunk = read();
      if (chunk === null) return null;
      hasServed = true;
      isAsked = false;
      const rest = heads.strip(chunk);
      if (rest) return rest;
    }
  };
  socket.on('error', (error) => {
    if (hasServed && isAsked) unanswered.add(error);
  });
}
