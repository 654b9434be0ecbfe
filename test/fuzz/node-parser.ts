import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

/** A request as Node's parser sees it. */
export interface ParsedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  /** What a server is asked to do apart from answering: to expect, to upgrade, to close, to read chunks. */
  readonly asks: readonly string[];
  /** Its bytes as Latin 1: long texts are compared faster than buffers. */
  readonly body: string;
}

class Bytes extends Duplex {
  override _read(): void {
    // what comes is pushed
  }

  override _write(_bytes: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** Reads requests with the parser of `node:http`, without a socket. @returns what it made of them until it found a fault. */
export async function parsedByNode(bytes: Buffer): Promise<ParsedRequest[]> {
  const requests: Promise<ParsedRequest>[] = [];
  const server = createServer();
  for (const event of ['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect']) {
    server.on(event, (request: IncomingMessage, response: { end?(): void }) => {
      requests.push(parsed(event, request));
      response.end?.();
    });
  }
  const stream = new Bytes();
  server.on('clientError', () => stream.destroy());
  server.emit('connection', stream);
  stream.push(bytes);
  stream.push(null);
  if (!stream.destroyed) await once(stream, 'close');
  return Promise.all(requests);
}

async function parsed(event: string, request: IncomingMessage): Promise<ParsedRequest> {
  const { method, url, headers } = request;
  const { authorization, connection = 'keep-alive' } = headers;
  const asks = [
    event,
    ...new Set(connection.toLowerCase().split(/ *, */)),
    ...(headers['transfer-encoding'] ? ['chunks'] : []),
  ];
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    asks.push('cut off');
  }
  return { method, url, authorization, asks, body: Buffer.concat(chunks).toString('latin1') };
}
