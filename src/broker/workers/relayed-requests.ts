import type { JsonText } from '../../protocol/json/json.js';
import { BrokerError } from '../broker.error.js';
import { type ControlAnswer, controlFrame, type ControlHeader, headerOf } from './control-frame.js';

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

interface Waiting {
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

/** Asks another process of the machine for what that keeps, by a connection to it. */
export class RelayedRequests {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** @param send sends a frame. @throws {BrokerError} while there is no connection. */
  constructor(private readonly send: (frame: Buffer) => void) {}

  /** @returns the frame of the answer. @throws {BrokerError} when there is none. */
  async ask<Request extends ControlHeader>(request: WithoutId<Request>, text?: JsonText): Promise<Buffer> {
    const id = ++this.lastId;
    this.send(controlFrame({ ...request, id }, text));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** Takes an answer. */
  answered(frame: Buffer): void {
    const { id, error } = headerOf(frame) as ControlAnswer;
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
}
