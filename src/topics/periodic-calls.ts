import type { TopicSubscription } from './topic-subscription.js';

/** The calls that a service gets again and again while a subscription lasts: reauthorization and heartbeat. */
export class PeriodicCalls {
  private readonly stopped = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();

  /** @param lapsed called with the refusal or failure when the subscription is not authorized any more. */
  constructor(
    private readonly subscription: TopicSubscription,
    private readonly lapsed: (error: unknown) => void,
  ) {}

  start(): void {
    const { service } = this.subscription;
    const { authorizationRenewalPeriodMs, heartbeatPeriodMs } = service.rules;
    if (authorizationRenewalPeriodMs && service.has('authorizer'))
      this.scheduleRenewal(authorizationRenewalPeriodMs);
    if (heartbeatPeriodMs && service.has('onHeartbeat')) {
      this.schedule(Math.random() * heartbeatPeriodMs, () => this.beat(heartbeatPeriodMs));
    }
  }

  /** Ends the timers and the calls under way. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.stopped.abort();
  }

  private scheduleRenewal(periodMs: number): void {
    const jitterMs = Math.random() * this.subscription.service.rules.authorizationRenewalJitterMs;
    this.schedule(periodMs - jitterMs, () => this.renew(periodMs));
  }

  private async renew(periodMs: number): Promise<void> {
    const { subscription } = this;
    const { service } = subscription;
    try {
      const answer = await service.ask('authorizer', subscription.callbackFields(), this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      if (subscription.takeAuthorizerFields(service.authorizerFieldsOf(answer))) {
        await service.ask('onAuthorizationChange', subscription.callbackFields(), this.stopped.signal);
      }
    } catch (error) {
      if (!this.stopped.signal.aborted) this.lapsed(error);
      return;
    }
    this.scheduleRenewal(periodMs);
  }

  private async beat(periodMs: number): Promise<void> {
    await this.subscription.service.tell(
      'onHeartbeat',
      this.subscription.callbackFields(),
      this.stopped.signal,
    );
    this.schedule(periodMs, () => this.beat(periodMs));
  }

  private schedule(waitMs: number, call: () => Promise<void>): void {
    if (this.stopped.signal.aborted) return;
    const run = (): void => {
      this.timers.delete(timer);
      void call();
    };
    const timer = setTimeout(run, waitMs);
    this.timers.add(timer);
  }
}
