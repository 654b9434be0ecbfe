import type { PresenceView } from '../../config/sections/presence.settings.js';
import type { SubscriptionLimits } from '../../delivery/subscription.js';
import type { Attendance } from '../../presence/attendance.js';
import { narrower, presenceOptions } from '../../presence/presence-options.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { Service } from '../service/service.js';
import { type Subscriber, type TopicInterest, TopicSubscription } from './topic-subscription.js';

/** A subscription to a topic of which it is known who is there. */
export class PresentTopicSubscription extends TopicSubscription {
  /** Once it has begun. */
  attendance: Attendance | undefined;
  /** Called when the app has been asked again, and has said who it is. */
  onRenewed: (() => void) | undefined;
  /** Whether others are shown it. */
  isShown = true;
  private readonly wished: PresenceView;
  private allowed: PresenceView;

  constructor(subscriber: Subscriber, service: Service, interest: TopicInterest, limits: SubscriptionLimits) {
    super(subscriber, service, interest, limits);
    this.wished = interest.presence ?? 'none';
    this.allowed = service.rules.presence?.show ?? 'none';
  }

  /** Whether its client wants to see who is present. */
  get wants(): boolean {
    return this.wished !== 'none';
  }

  /** The view of its client: what it wants to see, within what the app allows. */
  get view(): PresenceView {
    return narrower(this.wished, this.allowed);
  }

  override heed(answer: JsonMembers): boolean {
    const isOther = super.heed(answer);
    const { view, isHidden } = presenceOptions(answer.get('options'));
    this.allowed = view ?? this.service.rules.presence?.show ?? 'none';
    this.isShown = !isHidden;
    this.attendance?.narrow(this.view);
    this.onRenewed?.();
    return isOther;
  }

  override end(): void {
    super.end();
    this.attendance?.end();
  }
}
