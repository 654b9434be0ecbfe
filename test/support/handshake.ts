import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** What an HTTP request that asks for a WebSocket was answered. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** A handshake as it goes over the wire, for who needs a socket of its own. */
export const HANDSHAKE_TEXT = [
  'GET /ws HTTP/1.1',
  'Host: 127.0.0.1',
  ...Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}`),
  '\r\n',
].join('\r\n');

/** Sends a handshake with other headers in place of its own, undefined for none; a connection is cut at once. */
export function handshake(
  url: string,
  headers: Record<string, string | undefined> = {},
  method = 'GET',
): Promise<HandshakeAnswer> {
  const all = Object.entries({ ...UPGRADE, ...headers }).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const asking = request(url.replace(/^ws/, 'http'), {
      method,
      headers: Object.fromEntries(all),
      timeout: 5000,
      agent: false,
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer to the handshake in time')));
    asking.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(answerOf(response, ''));
    });
    asking.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(answerOf(response, body)));
    });
    asking.on('error', reject);
    asking.end();
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): HandshakeAnswer {
  return { status: statusCode, headers, body };
}
