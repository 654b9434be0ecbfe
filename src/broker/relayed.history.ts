import { BrokerError } from './broker.error.js';
import { controlFrame, answerOf, pageOf, topsOf, type HistoryRequest } from './history-frames.js';
import type { Appended, Appending, BrokerHistory, HistoryPage, HistoryStart } from './history.js';
import { Position } from '../protocol/position.js';
import type { JsonText } from '../protocol/json/json.js';
import { toJsonText } from '../protocol/json/json.js';
import type { Publication } from '../protocol/publication.js';

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

interface Waiting {
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

/** The histories that another process of the machine keeps, by a connection to it. */
export class RelayedHistory implements BrokerHistory {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** @param send sends a frame. @throws {BrokerError} while there is no connection. */
  constructor(private readonly send: (frame: Buffer) => void) {}

  async append(channel: string, publication: Publication, appending: Appending): Promise<Appended> {
    const { retention, idempotencyKey: key } = appending;
    const frame = await this.ask({ verb: 'append', channel, ...retention, key }, publication.text);
    const { position, isRepeated } = answerOf(frame);
    return { position: Position.parse(position!)!, isRepeated: isRepeated === true };
  }

  async read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    const frame = await this.ask({ verb: 'read', channel, start: start.toString() });
    return pageOf(frame, answerOf(frame));
  }

  async tops(channels: readonly string[]): Promise<readonly (Position | undefined)[]> {
    return topsOf(await this.ask({ verb: 'tops' }, toJsonText(channels)));
  }

  /** Takes an answer. */
  answered(frame: Buffer): void {
    const { id, error } = answerOf(frame);
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(frame);
    else waiting?.reject(new BrokerError(error));
  }

  /** The connection is lost: of what was asked nobody knows whether it was done. */
  lost(): void {
    const error = new BrokerError('the connection to the process that keeps the history is lost');
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }

  private async ask(request: WithoutId<HistoryRequest>, text?: JsonText): Promise<Buffer> {
    const id = ++this.lastId;
    this.send(controlFrame({ ...request, id }, text));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }
}
