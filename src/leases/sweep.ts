import { setMaxListeners } from 'node:events';
import { messageOf } from '../base/message-of.js';
import { jittered, wait } from '../callbacks/wait.js';
import { CallbackError } from '../protocol/errors.js';
import type { EndTellers } from './end-tellers.js';
import type { Estate } from './ledger.js';
import type { Pace } from './pace.js';
import { recordContent } from './record-text.js';
import { bySession, type SessionKeys, takeSome } from './session-records.js';

/** Read and forgotten together; what a sweeper that dies has told and not forgotten yet is told again. */
const RECORDS_AT_ONCE = 500;
const SESSIONS_SIDE_BY_SIDE = 32;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

/** A listener to the ends in an estate. */
export interface SweepListener {
  told(count: number): void;
  /** The app will not hear of these. */
  dropped(count: number, why: string): void;
}

/** The rules by which an estate is swept. */
export interface SweepRules {
  readonly pace: Pace;
  /** For how long the app is told again what it could not be told, since the estate was first taken. */
  readonly endTimeoutMs: number;
  readonly listener: SweepListener;
}

/** Nothing but its own estate stops a sweep. */
class EstateLost extends Error {}

/**
 * Tells the app of all ends in an estate: in the order of each session, at a limited pace, each told first and forgotten
 * afterwards. A party that cannot be asked is left in peace until the others have been told.
 */
export class Sweep {
  /** Those that could not be asked in this round. */
  private readonly away = new Set<string>();

  constructor(
    private readonly estate: Estate,
    private readonly tellers: EndTellers,
    private readonly rules: SweepRules,
  ) {}

  /** @param signal ends it; what is left is for others. @throws when the ledger cannot be reached. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // sessions wait side by side
    try {
      let left = bySession(await this.estate.keys());
      for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)) {
        left = await this.round(left, signal);
        if (left.length === 0) break;
        if (Date.now() > this.estate.takenAtMs + this.rules.endTimeoutMs) return await this.giveUp(left);
        await wait(jittered(waitMs, waitMs), signal);
      }
      await this.estate.finish();
    } catch (error) {
      if (!(error instanceof EstateLost)) throw error;
    }
  }

  /** @returns the sessions of which something is left to be told. */
  private async round(sessions: SessionKeys[], signal: AbortSignal): Promise<SessionKeys[]> {
    this.away.clear();
    const left: SessionKeys[] = [];
    while (sessions.length > 0) {
      const some = takeSome(sessions, RECORDS_AT_ONCE);
      left.push(...(await this.tellSome(some, signal)));
    }
    return left;
  }

  private async tellSome(sessions: SessionKeys[], signal: AbortSignal): Promise<SessionKeys[]> {
    const keys = sessions.flat();
    const texts = await this.estate.read(keys);
    const textOf = new Map(keys.map((key, index) => [key, texts[index]]));
    const left: SessionKeys[] = [];
    const done: string[] = [];
    const waiting = [...sessions];
    const tellNext = async (): Promise<void> => {
      for (let session = waiting.shift(); session && !signal.aborted; session = waiting.shift()) {
        const told = await this.tellSession(session, textOf, signal);
        done.push(...session.slice(0, told));
        if (told < session.length) left.push(session.slice(told));
      }
    };
    await Promise.all(Array.from({ length: SESSIONS_SIDE_BY_SIDE }, tellNext));
    await this.forget(done);
    signal.throwIfAborted();
    return left;
  }

  /** @returns how many of its records are done with. */
  private async tellSession(
    session: SessionKeys,
    textOf: ReadonlyMap<string, string | undefined>,
    signal: AbortSignal,
  ): Promise<number> {
    for (const [index, key] of session.entries()) {
      if (signal.aborted || !(await this.isDone(key, textOf.get(key), signal))) return index;
    }
    return session.length;
  }

  private async isDone(key: string, text: string | undefined, signal: AbortSignal): Promise<boolean> {
    if (text === undefined) return true;
    const content = recordContent(text);
    const teller = content && this.tellers.of(content.kind);
    const addressee = teller?.addresseeOf(content!.body);
    if (addressee === undefined) {
      this.rules.listener.dropped(1, unreadable(content?.kind));
      return true;
    }
    if (this.away.has(addressee)) return false;
    try {
      await this.rules.pace.turn(signal);
      await teller!.tell(content!.body, { id: key, reason: content!.reason ?? 'node_lost' }, signal);
      this.rules.listener.told(1);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof CallbackError) this.away.add(addressee);
      else this.rules.listener.dropped(1, messageOf(error));
      return !(error instanceof CallbackError);
    }
  }

  private async giveUp(left: SessionKeys[]): Promise<void> {
    const keys = left.flat();
    this.rules.listener.dropped(keys.length, 'the app could not be told in time');
    await this.estate.finish();
  }

  private async forget(keys: readonly string[]): Promise<void> {
    if (keys.length > 0 && !(await this.estate.forget(keys))) throw new EstateLost();
  }
}

/** A body may have secrets, and is not there. */
function unreadable(kind: string | undefined): string {
  return kind === undefined ? 'their records are damaged' : `nobody here tells those of the kind ${kind}`;
}
