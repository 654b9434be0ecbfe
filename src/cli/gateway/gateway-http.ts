import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { messageOf } from '../../base/message-of.js';
import { JSON_TYPE } from '../../protocol/media-type.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';

/** The address at which a gateway takes HTTP requests. */
export interface HttpAddress {
  /** Protocol, host and port. */
  readonly origin: string;
  /** The Unix socket to connect to instead of host and port. */
  readonly socketPath?: string;
}

const NOT_RUNNING = new Set(['ECONNREFUSED', 'ENOENT']);

/** Sends requests to a gateway, over TCP or a Unix socket, without a time limit. */
export class GatewayHttp {
  private readonly requests = new Set<ClientRequest>();

  constructor(private readonly address: HttpAddress) {}

  /**
   * The answer, as soon as its head is there.
   * @param body JSON; with one it is a POST.
   * @param bearer the service secret, an API key or a token.
   * @throws {CommandError}
   */
  ask(path: string, body?: string, bearer?: string): Promise<IncomingMessage> {
    const { origin, socketPath } = this.address;
    const send = origin.startsWith('https:') ? requestTls : requestPlain;
    const headers = {
      Connection: 'close',
      ...(body !== undefined && { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(body) }),
      ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, ...(socketPath !== undefined && { socketPath }) };
      const request = send(`${origin}${path}`, options, resolve);
      request.on('error', (error) => reject(this.failure(error)));
      request.on('close', () => this.requests.delete(request));
      this.requests.add(request.end(body));
    });
  }

  /** The error that ends the command when a request or the reading of its answer fails. */
  failure(error: unknown): CommandError {
    if (error instanceof CommandError) return error;
    const place = this.address.socketPath ?? this.address.origin;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NOT_RUNNING.has(code))
      return new CommandError(`no gateway is running at ${place}`, EXIT.notRunning, { cause: error });
    const what = messageOf(error) || code;
    return new CommandError(`the connection to the gateway at ${place} is broken: ${what}`, EXIT.io, {
      cause: error,
    });
  }

  /** Breaks off requests that still run. */
  close(): void {
    for (const request of this.requests) request.destroy();
  }
}
