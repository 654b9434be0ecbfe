import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { InterimHeads } from './interim-heads.js';

/** With what connections ended that had served before, when a request was sent and not a byte of its answer had come. */
const unanswered = new WeakSet<Error>();

/** Connects as undici does, with {@link InterimHeads} taken out, and errors told apart for {@link isUnanswered}. */
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

/** Undici takes what it gets from `read`, and writes only requests, each after the answer to the one before. */
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
