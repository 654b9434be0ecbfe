import { PRESENCE_VIEWS, type PresenceView } from '../config/sections/presence.settings.js';
import type { SubscriptionLimits } from '../delivery/subscription.js';
import type { Attendance } from '../presence/attendance.js';
import { isObjectText, type JsonMembers, type JsonText, membersOf, valueOf } from '../protocol/json/json.js';
import type { Service } from './service/service.js';
import { type Subscriber, type TopicInterest, TopicSubscription } from './topic-subscription.js';

/** A subscription to a topic of which it is known who is there. */
export class PresentTopicSubscription extends TopicSubscription {
  /** Once it has begun. */
  attendance: Attendance | undefined;
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

  /** How much its client sees: what it wants to, within what the app allows. */
  get view(): PresenceView {
    const [wished, allowed] = [this.wished, this.allowed].map((view) => PRESENCE_VIEWS.indexOf(view));
    return PRESENCE_VIEWS[Math.min(wished!, allowed!)]!;
  }

  override heed(answer: JsonMembers): boolean {
    const isOther = super.heed(answer);
    const options = answer.get('options');
    const given = options && isObjectText(options) ? membersOf(options) : undefined;
    this.allowed = viewOf(given?.get('presence')) ?? this.service.rules.presence?.show ?? 'none';
    this.isShown = given?.get('hidden') !== 'true';
    this.attendance?.narrow(this.view);
    return isOther;
  }

  override end(): void {
    super.end();
    this.attendance?.end();
  }
}

/** What the authorizer says of how much a client may see; nothing if it does not. What it cannot mean is nothing to see. */
function viewOf(text: JsonText | undefined): PresenceView | undefined {
  if (text === undefined || text === 'null') return undefined;
  const value = valueOf(text);
  if (value === true) return 'members';
  return PRESENCE_VIEWS.find((view) => view === value) ?? 'none';
}
