import { HttpException, HttpStatus } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../endpoints/answer.js';
import { type ApiKeys, KEY_REQUIRED } from '../push/api-keys.js';
import { failure, tooLong } from '../push/intake.js';

/** The bytes beyond the limit that are read and dropped of a body that is too long, before the answer. */
const MAX_DROPPED_BYTES = 16 << 20;

/** A request of Fastify, as far as its route goes. */
interface RoutedRequest {
  readonly is404: boolean;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** The checks of a request before its body is read. */
export interface PushRules {
  /** The paths on which services push. */
  readonly paths: ReadonlySet<string>;
  readonly keys: ApiKeys;
  readonly maxBodyBytes: number;
  /** Called for each refused request. */
  readonly refused: (peer: string | undefined, answer: HttpAnswer) => void;
}

/**
 * Refuses requests of services by their heads, before their bodies are read: an unwanted body is dropped as it comes,
 * so that a stranger's costs no memory, and its sender can read the answer.
 */
export function refuseByHead(
  adapter: FastifyAdapter,
  { paths, keys, maxBodyBytes, refused }: PushRules,
): void {
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    const { authorization, 'content-length': length = '0' } = request.headers;
    if (request.method !== 'POST' || !paths.has(request.routeOptions.url ?? '')) done();
    else if (!keys.find(authorization)) refuse({ status: HttpStatus.UNAUTHORIZED, body: KEY_REQUIRED });
    else if (Number(length) > maxBodyBytes)
      refuse({ status: HttpStatus.PAYLOAD_TOO_LARGE, body: failure(tooLong(maxBodyBytes)) });
    else done();

    function refuse(answer: HttpAnswer): void {
      refused(request.socket.remoteAddress, answer);
      const send = (): void => void reply.code(answer.status).send(answer.body);
      if (reply.raw.shouldKeepAlive) send();
      else drop(request.raw, send); // Node closes after the answer: who still sends would see that alone
    }
  });
  adapter.getInstance().addHook('onError', (request, _, error, done) => {
    const isPush = paths.has(request.routeOptions.url ?? '') && error instanceof HttpException;
    if (isPush)
      refused(request.socket.remoteAddress, {
        status: error.getStatus(),
        body: error.getResponse() as object,
      });
    done();
  });
}

/**
 * Passes bodies to the controllers as bytes: publications are parsed only as far as needed. Without a route, the body
 * is not read; nor are those of operators, who look at the key first.
 * @param operatorsPath the path of the endpoints for operators, if they have one.
 */
export function takeRawBodies(
  adapter: FastifyAdapter,
  maxBodyBytes: number,
  operatorsPath: string | undefined,
): void {
  const isLeft = ({ is404, routeOptions: { url = '' } }: RoutedRequest): boolean =>
    is404 || (operatorsPath !== undefined && url.startsWith(`${operatorsPath}/`));
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', '*'])
    fastify.addContentTypeParser(type, async (request: RoutedRequest, body: IncomingMessage) =>
      isLeft(request) ? undefined : rawBody(body, maxBodyBytes),
    );
}

/** Drops a body as it comes, to its end, or up to a limit. @param then called once, unless the client has gone. */
function drop(body: IncomingMessage, then: () => void): void {
  let size = 0;
  const take = (chunk: Buffer): void => {
    if ((size += chunk.length) > MAX_DROPPED_BYTES) over();
  };
  const over = (): void => {
    body.off('data', take).off('end', over).resume();
    then();
  };
  body.on('data', take).on('end', over);
}

/**
 * Reads a body; one that is too long to its end, if that is near: a client that still sends would miss the answer.
 * @throws {HttpException} 413 when it is too long; 400 when it is cut off, though nobody is there to read that
 */
function rawBody(body: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = (): void =>
      reject(new HttpException(failure(tooLong(maxBodyBytes)), HttpStatus.PAYLOAD_TOO_LARGE));
    const cutOff = (): void =>
      reject(new HttpException(failure('the body is cut off'), HttpStatus.BAD_REQUEST));
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > maxBodyBytes + MAX_DROPPED_BYTES) tooLarge();
    });
    body.once('end', () => (size > maxBodyBytes ? tooLarge() : resolve(Buffer.concat(chunks))));
    body.once('error', cutOff).once('close', cutOff);
  });
}
