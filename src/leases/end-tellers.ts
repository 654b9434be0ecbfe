import { Injectable } from '@nestjs/common';
import type { EndReason } from '../protocol/end-reason.js';
import type { JsonText } from '../protocol/json/json.js';

/** An end that the app has to hear of. */
export interface End {
  /** The same whenever the app is told of it. */
  readonly id: string;
  readonly reason: EndReason;
}

/** Tells the app of ends of one kind, from what a record says, on whichever node. */
export interface EndTeller {
  /** The addressee, such as a service: one that cannot be asked is left alone for a while. Nothing: nobody any more. */
  addresseeOf(body: JsonText): string | undefined;
  /**
   * Tells it. A refusal, and an answer that is none, count as told.
   * @param signal ends it: then another node tells it.
   * @throws {CallbackError} when the app could not be asked: then it is told again later.
   */
  tell(body: JsonText, end: End, signal: AbortSignal): Promise<void>;
}

/** Those who tell the app of ends, by the kind of lease. */
@Injectable()
export class EndTellers {
  private readonly byKind = new Map<string, EndTeller>();

  /** Whether there is anything of which the app wants to hear the end. */
  get areNone(): boolean {
    return this.byKind.size === 0;
  }

  /** To be called before clients are let in. @param kind of at most 20 lower-case letters. */
  add(kind: string, teller: EndTeller): void {
    this.byKind.set(kind, teller);
  }

  of(kind: string): EndTeller | undefined {
    return this.byKind.get(kind);
  }
}
