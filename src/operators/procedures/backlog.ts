import type { ChannelListener } from '../../delivery/channel.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { Publication } from '../../protocol/publication.js';

const MAX_PUBLICATIONS = 10_000;
/** The most characters of their texts; parsed, they may take several times as much memory. */
const MAX_CHARACTERS = 8_388_608;

const TOO_SLOW = 'Too slow to receive.';
const BROKER_LOST = 'The broker is lost: publications may be missing.';

/** The publications that a listener has yet to take, in order. Ends with an error where one may be missing. */
export class Backlog implements ChannelListener {
  private readonly publications: Publication[] = [];
  private characters = 0;
  private gap: ProcedureError | undefined;
  private wake = (): void => undefined;

  /** @param signal when it is aborted, nothing more is to be taken. */
  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  received(publication: Publication): void {
    if (this.gap) return;
    const { length } = publication.text;
    if (this.publications.length >= MAX_PUBLICATIONS || this.characters + length > MAX_CHARACTERS)
      this.end(TOO_SLOW);
    else {
      this.publications.push(publication);
      this.characters += length;
      this.wake();
    }
  }

  lost(): void {
    this.end(BROKER_LOST);
  }

  /** Waits for the next. @returns nothing once the signal is aborted. @throws {ProcedureError} (503) at a gap. */
  async take(): Promise<Publication | undefined> {
    while (!this.signal.aborted) {
      const publication = this.publications.shift();
      if (publication) {
        this.characters -= publication.text.length;
        return publication;
      }
      if (this.gap) throw this.gap;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return undefined;
  }

  private end(reason: string): void {
    this.gap ??= new ProcedureError(reason, 503);
    this.wake();
  }
}
