import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

/** Headers that ask for another protocol, or belong to such a request. */
const OF_UPGRADE = new Set(['upgrade', 'http2-settings']);

/** Whether a request that asks for another protocol asks for WebSockets. */
export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Gives a request for a protocol that is not spoken here back to its server, to be answered as if it had not asked
 * (RFC 9110 section 7.8). HTTP clients ask for `h2c` with their first request, and Node lets go of it then.
 */
export function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  rest: Buffer,
): void {
  socket.removeAllListeners('timeout'); // the server is about to add its own again
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket);
  socket.emit('data', Buffer.concat([Buffer.from(headOf(request), 'latin1'), rest]));
  if (socket.isPaused()) socket.resume();
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at]!, rawHeaders[at + 1]!];
    const isConnection = name.toLowerCase() === 'connection';
    if (!OF_UPGRADE.has(name.toLowerCase()))
      lines.push(`${name}: ${isConnection ? withoutUpgrade(value) : value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The value of `Connection` without the names of those headers. */
function withoutUpgrade(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  const kept = options.filter((option) => !OF_UPGRADE.has(option.toLowerCase()));
  return kept.length > 0 ? kept.join(', ') : 'keep-alive';
}
