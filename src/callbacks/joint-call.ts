import type { JsonMembers } from '../protocol/json/json.js';

/** The signals that end the wait of one asker; see `CallOptions`. */
export interface JointAsker {
  readonly signal?: AbortSignal | undefined;
  readonly withdrawal?: AbortSignal | undefined;
}

/** The hooks of the call. */
export interface JointCallHooks {
  readonly signal: AbortSignal;
  readonly sent: () => void;
}

/** One call for several askers of the same question. It is ended when all of them have left. */
export class JointCall<Answer = JsonMembers> {
  private readonly ending = new AbortController();
  private readonly answer: Promise<Answer>;
  private askers = 0;
  /** Whether the app has been asked. */
  isSent = false;

  constructor(call: (hooks: JointCallHooks) => Promise<Answer>) {
    this.answer = call({ signal: this.ending.signal, sent: () => (this.isSent = true) });
  }

  /** Whether askers may still join: not once all have left. */
  get isOpen(): boolean {
    return !this.ending.signal.aborted;
  }

  /**
   * Waits with the others.
   * @throws what the call throws.
   * @throws the reason of the asker's signal when that is aborted, of its withdrawal if nothing has been sent by then.
   */
  join({ signal, withdrawal }: JointAsker): Promise<Answer> {
    this.askers++;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal?.removeEventListener('abort', leave);
        withdrawal?.removeEventListener('abort', withdraw);
      };
      const leaveFor = (reason: Error): void => {
        settle();
        reject(reason);
        if (--this.askers === 0) this.ending.abort(reason);
      };
      const leave = (): void => leaveFor(signal?.reason as Error);
      const withdraw = (): void => {
        if (!this.isSent) leaveFor(withdrawal?.reason as Error);
      };
      signal?.addEventListener('abort', leave);
      withdrawal?.addEventListener('abort', withdraw);
      this.answer.then(resolve, reject).finally(settle);
    });
  }
}
