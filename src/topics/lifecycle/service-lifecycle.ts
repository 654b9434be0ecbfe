import { monotonicMs } from '../../base/monotonic-ms.js';
import type { Leases } from '../../leases/leases.js';
import type { EndReason } from '../../protocol/end-reason.js';
import { type JsonMembers, objectOrNull, toJsonText } from '../../protocol/json/json.js';
import type { Session } from '../session/session.js';
import type { TopicSubscription } from '../session/topic-subscription.js';
import { Life } from './life.js';
import type { LifecycleKind } from './lifecycle-event.js';
import type { LifecycleQueue } from './lifecycle-queue.js';

let count = 0;

/** The rules by which the lives of a service are told. */
export interface LifecycleRules {
  readonly service: string;
  readonly node: string;
  /** For how long a topic has to be without subscriptions until it is vacated. */
  readonly debounceMs: number;
}

/** The clients that use a service, and the topics that are used, on this node. */
export class ServiceLifecycle {
  private readonly joined = new Set<TopicSubscription>();
  private readonly clients = new Map<Session, Life>();
  private readonly places = new Map<string, Life>();
  /** Topics without subscriptions, and when they are vacated. */
  private readonly vacating = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rules: LifecycleRules,
    private readonly leases: Leases,
    readonly queue: LifecycleQueue,
  ) {}

  /** A subscription has begun. */
  joins(session: Session, subscription: TopicSubscription): void {
    const { topic } = subscription;
    this.joined.add(subscription);
    this.vacating.delete(topic);
    this.enter(this.clients, session, 'client', () => this.clientMembers(session)).count++;
    this.enter(this.places, topic, 'place', () => this.members('subscription', topic)).count++;
  }

  /** A subscription has ended. */
  leaves(session: Session, subscription: TopicSubscription, reason: EndReason): void {
    if (!this.joined.delete(subscription)) return;
    const { topic } = subscription;
    if (this.clients.get(session)!.count-- === 1) this.exit(this.clients, session, reason);
    if (this.places.get(topic)!.count-- === 1) this.vacates(topic);
  }

  /** Tells what is left without delay. Resolves when the service has heard it. */
  async drained(): Promise<void> {
    this.vacate(Infinity);
    await this.queue.drained();
  }

  /** Takes over from a node that is gone to tell of an end. Resolves when that is written. */
  async adopt(kind: LifecycleKind, id: string, subject: JsonMembers, reason: EndReason): Promise<void> {
    const life = new Life(this.rules.service, kind, id, () => subject);
    life.lease = this.leases.begin(kind, id, life);
    const end = life.end(reason);
    await life.lease?.written;
    this.queue.add(end);
  }

  /** One that another node has told the end of begins anew. */
  private enter<Key>(lives: Map<Key, Life>, key: Key, kind: LifecycleKind, subject: () => JsonMembers): Life {
    const before = lives.get(key);
    if (before?.isOurs) return before;
    const id = `${this.rules.node}/${kind}-${++count}`;
    const life = new Life(this.rules.service, kind, id, subject);
    life.count = before?.count ?? 0;
    lives.set(key, life);
    life.lease = this.leases.begin(kind, id, life);
    this.queue.add(life.beginning());
    return life;
  }

  private exit<Key>(lives: Map<Key, Life>, key: Key, reason: EndReason): void {
    const life = lives.get(key);
    lives.delete(key);
    if (life?.isOurs) this.queue.add(life.end(reason));
  }

  private vacates(topic: string): void {
    this.vacating.set(topic, monotonicMs() + this.rules.debounceMs);
    this.timer ??= setInterval(() => this.vacate(monotonicMs()), this.rules.debounceMs / 4 + 1).unref();
  }

  private vacate(nowMs: number): void {
    for (const [topic, dueMs] of this.vacating) {
      if (dueMs > nowMs) break; // in the order of time
      this.vacating.delete(topic);
      this.exit(this.places, topic, 'left');
    }
    if (this.vacating.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private clientMembers({ connection, identity }: Session): JsonMembers {
    return this.members('connection', connection.id).set('identity', objectOrNull(identity));
  }

  private members(name: string, value: string): JsonMembers {
    return new Map([
      ['node', toJsonText(this.rules.node)],
      [name, toJsonText(value)],
    ]);
  }
}
