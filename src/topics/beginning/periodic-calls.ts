import { monotonicMs } from '../../base/monotonic-ms.js';
import type { Swept, Wheel } from '../../connection/wheel.js';
import { CallbackError } from '../../protocol/errors.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { ServiceQuestion } from '../service/service-callbacks.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** Told of what comes of periodic calls. */
export interface PeriodicCallsListener {
  /** The subscription is no longer authorized. @param error the refusal or failure. */
  lapsed(error: unknown): void;
  /** Its authorizer fields are not the same any more. */
  changed(): void;
}

/** The periodic calls to a service while a subscription lasts: reauthorization and heartbeat. */
export class PeriodicCalls implements Swept {
  isOpen = true;
  /** See {@link Swept.slot}. */
  slot = 0;
  private renewAtMs = Infinity;
  private beatAtMs = Infinity;
  /** The end of the grace for an authorizer that cannot be asked, by the monotonic clock; infinite while it can. */
  private graceEndMs = Infinity;
  private stopping: AbortController | undefined = undefined;

  private constructor(
    private readonly subscription: TopicSubscription,
    private readonly wheel: Wheel,
    private readonly listener: PeriodicCallsListener,
  ) {}

  /**
   * @returns nothing when the service has no periodic calls.
   */
  static begin(
    subscription: TopicSubscription,
    wheel: Wheel,
    listener: PeriodicCallsListener,
  ): PeriodicCalls | undefined {
    const { service } = subscription;
    if (!service.renewalPeriodMs && !service.heartbeatPeriodMs) return undefined;
    const calls = new PeriodicCalls(subscription, wheel, listener);
    if (service.renewalPeriodMs > 0) calls.scheduleRenewal();
    if (service.heartbeatPeriodMs > 0) calls.scheduleBeat(Math.random());
    return calls;
  }

  /** Ends the calls; those under way are aborted. */
  stop(): void {
    this.isOpen = false;
    this.stopping?.abort();
  }

  /** See {@link Swept.sweep}. */
  sweep(nowMs: number): number {
    if (nowMs >= this.renewAtMs) {
      this.renewAtMs = Infinity;
      void this.renew();
    }
    if (nowMs >= this.beatAtMs) {
      this.beatAtMs = Infinity;
      void this.beat();
    }
    return Math.min(this.renewAtMs, this.beatAtMs) - nowMs;
  }

  private scheduleRenewal(): void {
    const { renewalPeriodMs, rules } = this.subscription.service;
    const periodMs = renewalPeriodMs - Math.random() * rules.authorizationRenewalJitterMs;
    const waitMs = Math.max(Math.min(periodMs, this.graceEndMs - performance.now()), 0);
    this.renewAtMs = monotonicMs() + waitMs;
    this.wheel.add(this, waitMs);
  }

  private scheduleBeat(periods: number): void {
    const waitMs = periods * this.subscription.service.heartbeatPeriodMs;
    this.beatAtMs = monotonicMs() + waitMs;
    this.wheel.add(this, waitMs);
  }

  private async renew(): Promise<void> {
    const { subscription } = this;
    const { service } = subscription;
    try {
      const answer = await this.reauthorize();
      if (!this.isOpen) return;
      if (answer && subscription.heed(answer)) {
        this.listener.changed();
        await service.ask('onAuthorizationChange', () => this.question());
      }
    } catch (error) {
      if (this.isOpen) this.listener.lapsed(error);
      return;
    }
    if (this.isOpen) this.scheduleRenewal();
  }

  /** @returns nothing while the authorizer cannot be asked and the subscription goes on all the same. */
  private async reauthorize(): Promise<JsonMembers | undefined> {
    const { service } = this.subscription;
    try {
      const answer = await service.ask('authorizer', () => this.question());
      this.graceEndMs = Infinity;
      return answer;
    } catch (error) {
      if (error instanceof CallbackError && (error.isPaused || this.isGraced())) return undefined;
      throw error;
    }
  }

  /** Grace begins with the first renewal for which the authorizer could not be asked. */
  private isGraced(): boolean {
    const nowMs = performance.now();
    if (this.graceEndMs === Infinity) {
      this.graceEndMs = nowMs + this.subscription.service.rules.authorizationGraceMs;
    }
    return nowMs < this.graceEndMs;
  }

  private async beat(): Promise<void> {
    const { service } = this.subscription;
    await service.tell('onHeartbeat', () => this.question());
    if (this.isOpen) this.scheduleBeat(1);
  }

  private question(): ServiceQuestion {
    this.stopping ??= new AbortController();
    return { ...this.subscription.question(), signal: this.stopping.signal };
  }
}
