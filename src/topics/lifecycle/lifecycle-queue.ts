import { jittered } from '../../callbacks/wait.js';
import type { Lease } from '../../leases/lease.js';
import type { Metrics } from '../../metrics/metrics.js';
import { CallbackError } from '../../protocol/errors.js';
import { type JsonText, toJsonText } from '../../protocol/json/json.js';
import type { Service } from '../service/service.js';

const MAX_WAIT_MS = 15_000;

/** Something that a service is told in a list. */
export interface Told {
  readonly text: JsonText;
  /** The lease that has to be written before the service hears of it. */
  readonly after?: Lease | undefined;
  /** The lease that is over when the service has heard of it. */
  readonly ends?: Lease | undefined;
}

/** The limits of lists and of their times. */
export interface QueueRules {
  /** The least time from one list to the next. */
  readonly periodMs: number;
  /** The most events in a list. */
  readonly maxEvents: number;
  /** The most that wait; the oldest are dropped. */
  readonly maxWaiting: number;
  /** For how long a list is tried again that the service could not be told. */
  readonly timeoutMs: number;
}

/** Tells a service what happens in lists, one after another and not too often; again and again while it cannot be told. */
export class LifecycleQueue {
  private waiting: Told[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private waitMs: number;
  /** Since when the service cannot be told, by `performance.now()`. */
  private failingSinceMs: number | undefined;

  constructor(
    private readonly service: Service,
    private readonly rules: QueueRules,
    private readonly metrics: Metrics,
  ) {
    this.waitMs = rules.periodMs;
  }

  /** Whether no more should be added that can wait elsewhere. */
  get isFull(): boolean {
    return this.waiting.length >= this.rules.maxWaiting;
  }

  add(told: Told): void {
    this.waiting.push(told);
    if (this.waiting.length > this.rules.maxWaiting) this.drop(1);
    this.timer ??= setTimeout(() => this.send(), this.waitMs).unref();
  }

  /** Sends what waits without delay. Resolves when the service has heard all, or what it has not is dropped. */
  async drained(): Promise<void> {
    while (this.waiting.length > 0 || this.sending) {
      this.send();
      await this.sending;
      if (this.failingSinceMs !== undefined)
        await new Promise((resolve) => setTimeout(resolve, this.rules.periodMs).unref());
    }
  }

  private send(): void {
    this.sending ??= this.sendList().finally(() => {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.sending = undefined;
      if (this.waiting.length > 0)
        this.timer = setTimeout(() => this.send(), jittered(this.waitMs, this.waitMs / 4)).unref();
    });
  }

  private async sendList(): Promise<void> {
    const list = this.waiting.splice(0, this.rules.maxEvents);
    if (list.length === 0) return;
    for (const { after } of list) await after?.written;
    try {
      await this.service.insist('onLifecycle', () => ({
        fields: this.fieldsOf(list),
        isRepeated: this.isFailing,
      }));
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error;
      this.failed(list);
      return;
    }
    this.failingSinceMs = undefined;
    this.waitMs = this.rules.periodMs;
    for (const { ends } of list) ends?.end();
  }

  private get isFailing(): boolean {
    return this.failingSinceMs !== undefined;
  }

  private failed(list: readonly Told[]): void {
    const nowMs = performance.now();
    this.waiting = [...list, ...this.waiting];
    for (const { ends } of list) ends?.changed();
    this.failingSinceMs ??= nowMs;
    this.waitMs = Math.min(2 * this.waitMs, Math.max(MAX_WAIT_MS, this.rules.periodMs));
    if (nowMs - this.failingSinceMs > this.rules.timeoutMs) this.drop(list.length);
  }

  private drop(count: number): void {
    for (const { ends } of this.waiting.splice(0, count)) {
      this.metrics.callbackDropped(this.service.name, 'onLifecycle');
      ends?.end();
    }
  }

  private fieldsOf(list: readonly Told[]): Map<string, JsonText> {
    return new Map([
      ['service', toJsonText(this.service.name)],
      ['events', `[${list.map(({ text }) => text).join()}]` as JsonText],
    ]);
  }
}
