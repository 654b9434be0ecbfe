import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** HTTP requests that have not been answered yet. */
export class OpenRequests {
  /** By connection: when one ends, there is no event for the answers that have not had their turn on it. */
  private readonly open = new Map<Socket, Set<ServerResponse>>();
  private isClosing = false;

  /** Follows the requests of a server, from now on. */
  static of(server: Server): OpenRequests {
    const requests = new OpenRequests();
    server.prependListener('request', (_request, response: ServerResponse) => requests.add(response));
    return requests;
  }

  /** Adds a request that will be answered, or whose connection will be closed. */
  add(response: ServerResponse): void {
    if (this.isClosing) response.shouldKeepAlive = false;
    const responses = this.on(response.req.socket);
    responses.add(response);
    response.once('close', () => responses.delete(response));
  }

  /** From now on, an answer ends its connection: the next request comes over a new one, to whatever listens then. */
  closeAfterAnswers(): void {
    this.isClosing = true;
    for (const response of this.all()) response.shouldKeepAlive = false;
  }

  /** Resolves when all are answered, or the time is up. Answers that have begun and go on are not waited for. */
  async answered(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.all().some(isUnanswered) && performance.now() < deadline) await delay(POLL_MS);
  }

  private on(socket: Socket): Set<ServerResponse> {
    let responses = this.open.get(socket);
    if (!responses) {
      this.open.set(socket, (responses = new Set()));
      socket.once('close', () => this.open.delete(socket));
    }
    return responses;
  }

  private all(): ServerResponse[] {
    return [...this.open.values()].flatMap((responses) => [...responses]);
  }
}

function isUnanswered({ headersSent, writableEnded }: ServerResponse): boolean {
  return !headersSent || writableEnded;
}
