import type { Lease } from '../../leases/lease.js';
import type { KeptCallOutcome } from '../../metrics/kept-call.metrics.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import { resultText } from '../calls/result-text.js';
import type { RunningCall } from '../calls/running-call.js';
import type { Resumption } from '../resumption.js';
import { eachResult } from '../results/each-result.js';
import { failureText } from './call-failure.js';
import { CallTaken, type CallWriter } from './record/call-writer.js';
import type { Grace } from './grace.js';

/** A call that is to be run, and kept. */
export interface KeptCall {
  readonly id: string;
  /** The name of its procedure. */
  readonly procedure: string;
  /** The caller's. */
  readonly identity: JsonMembers | undefined;
  readonly running: RunningCall;
  readonly resumption: Resumption;
}

/** A kept call on the node that runs it: from its first result to its end, whoever watches it. */
export class KeptRun {
  /** Its record in the ledger, where there is one. */
  lease: Lease | undefined;
  /** Stops it when nobody watches it, if anything does. */
  grace: Grace | undefined;
  /** Its outcome, for metrics. */
  outcome: KeptCallOutcome = 'ended';
  /** Settles when it runs no more. */
  over: Promise<void> = Promise.resolve();
  /** Whether the app has yet to hear that it is lost: until then its record stays, so that another node can tell it. */
  isOwed = false;
  private touching: NodeJS.Timeout | undefined;
  private isHandedOver = false;

  constructor(
    readonly kept: KeptCall,
    private readonly controller: AbortController,
    private readonly writer: CallWriter,
  ) {}

  /** The number of results given. */
  get count(): number {
    return this.writer.total;
  }

  /** Runs it. Resolves when its end is kept, with whether it is: otherwise another node has it. Never rejects. */
  async run(): Promise<boolean> {
    const quietMs = this.kept.resumption.ttlMs / 4;
    this.touching = setInterval(() => this.writer.touch(quietMs), quietMs).unref();
    try {
      await this.told();
      return true;
    } catch {
      return false; // it is told by another node, or the broker is gone for long
    } finally {
      clearInterval(this.touching);
      this.grace?.end();
      this.writer.stop();
    }
  }

  /** Ends it, with an error for all who watch it. */
  abort(reason: unknown, outcome: KeptCallOutcome = 'ended'): void {
    this.outcome = outcome;
    this.controller.abort(reason);
  }

  /** Stops it without a word, if another node can go on with it. @returns whether it does so. */
  handOver(): boolean {
    if (!this.lease || !this.kept.resumption.takesOver) return false;
    this.outcome = 'handed_over';
    this.leave();
    return true;
  }

  /** Stops it without a word. What its record says is for another node. */
  leave(): void {
    this.isHandedOver = true;
    this.writer.stop();
    this.controller.abort(new CallTaken());
  }

  private async told(): Promise<void> {
    try {
      const answer = await this.kept.running.run();
      if ('stream' in answer) await this.keepAll(answer.stream);
      else await this.keepOne(answer.value);
    } catch (error) {
      if (this.isHandedOver || error instanceof CallTaken) throw error;
      const failure = failureText(this.kept.procedure, error);
      await this.writer.end({ how: 'failed', hasLast: false, failure });
    }
  }

  private async keepOne(value: unknown): Promise<void> {
    const isNone = value === undefined || value === null;
    const text = isNone ? undefined : this.textOf(value);
    await this.writer.end({ how: 'returned', hasLast: text !== undefined }, text);
  }

  private async keepAll(stream: AsyncIterator<unknown, unknown, void>): Promise<void> {
    const { signal } = this.controller;
    await eachResult(stream, async (value, isLast) => {
      const text = isLast && value === undefined ? undefined : this.textOf(value);
      if (isLast) await this.writer.end({ how: 'finished', hasLast: text !== undefined }, text);
      else {
        const written = this.writer.add(text!);
        if (written) await written;
        signal.throwIfAborted();
      }
    });
  }

  private textOf(value: unknown): JsonText {
    return resultText(value, this.writer.maxResultBytes);
  }
}
