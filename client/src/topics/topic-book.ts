import { BackOff } from '../back-off.js';
import type { Connection } from '../connection.js';
import type { Domain, Frame } from '../domain.js';
import { errorOf, KittiwakeError } from '../errors.js';
import { platform } from '../platform.js';
import { atOnce } from './at-once.js';
import type { Meta, PresenceChange } from './topic-event.js';
import { type WireOptions, WireTopic } from './wire-topic.js';

/** The topics of a connection: one subscription each, however many follow it, and again on each connection. */
export class TopicBook implements Domain {
  readonly connection: Connection;
  readonly #wires = new Map<string, WireTopic>();
  #joining = new Set<WireTopic>();
  #leaving = new Set<WireTopic>();
  /** The topics of the event under way that are not answered yet. */
  #asked = new Set<unknown>();
  #askedId = 0;
  #isScheduled = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The topic of this name, which is asked for if it is new. @throws TypeError when it is open with other fields. */
  open(name: string, options: WireOptions): WireTopic {
    const found = this.#wires.get(name);
    const isFollowed = found && found.followers.size > 0;
    if (found && found.status !== 'ended' && (isFollowed || found.phase !== 'leaving')) {
      if (found.fieldsText === JSON.stringify(options.fields)) return this.#shared(found, options);
      if (isFollowed) throw new TypeError(`${name} is open with other fields`);
    }
    const wire = new WireTopic(name, options);
    this.#wires.set(name, wire);
    if (!found || found.phase === 'off') this.#join(wire);
    else this.#replace(found, wire);
    return wire;
  }

  /** Somebody more follows it, who may want more of it. */
  #shared(wire: WireTopic, { presence }: WireOptions): WireTopic {
    if (!presence || wire.options.presence) return wire;
    wire.options.presence = true;
    this.refresh(wire);
    return wire;
  }

  /** The topic gets its state anew. */
  refresh(wire: WireTopic): void {
    wire.position = undefined;
    if (wire.phase !== 'on') return;
    wire.isAgain = true;
    wire.turn('stale');
    this.#leave(wire);
  }

  /** Nobody may follow it any more: in a turn of the event loop it is seen whether that is so. */
  left(wire: WireTopic): void {
    platform.queueMicrotask(() => {
      if (wire.followers.size > 0 || wire.isAgain) return;
      this.connection.clock.clear(wire.timer);
      this.#joining.delete(wire);
      if (wire.phase === 'on' || wire.phase === 'joining') this.#leave(wire);
      else if (wire.phase === 'off') this.#forget(wire);
    });
  }

  opened(): void {
    for (const wire of this.#wires.values()) if (wire.status !== 'ended') this.#join(wire);
    this.#flush();
  }

  lost(): void {
    this.#asked.clear();
    this.#leaving.clear();
    for (const wire of this.#wires.values()) {
      wire.phase = 'off';
      wire.isAgain = false;
      this.connection.clock.clear(wire.timer);
      if (wire.followers.size === 0) this.#forget(wire);
      else if (wire.status !== 'ended') wire.turn('stale');
    }
  }

  identified(): void {
    for (const wire of this.#wires.values())
      if (wire.phase === 'off' && wire.error?.code === 'authentication_required') this.#join(wire);
  }

  closed(error: KittiwakeError): void {
    for (const wire of this.#wires.values()) this.#end(wire, error);
  }

  received(frame: Frame): void {
    const { subscription } = frame;
    const wire = this.#wires.get(subscription as string);
    if (frame.status !== undefined) {
      if (frame.id === this.#askedId && subscription === undefined) return this.#refuseAll(frame);
      if (wire && frame.id === wire.askedId) this.#replied(wire, frame);
      const isLast = frame.id === this.#askedId && this.#asked.delete(subscription) && this.#asked.size === 0;
      if (isLast) this.#schedule();
    } else if (wire && (wire.phase === 'on' || wire.phase === 'leaving')) this.#told(wire, frame);
  }

  #told(wire: WireTopic, frame: Frame): void {
    const { position } = frame;
    if (typeof position === 'string') wire.position = position;
    if (frame.event === 'message') wire.update(frame['data'], metaOf(frame));
    else if (frame.event === 'presence') this.#present(wire, frame, frame['presence'] !== false);
    else if (frame.event === 'dropped') wire.gap({ reason: 'dropped', count: Number(frame['count']) });
    else if (frame.event === 'reset') {
      wire.gap({ reason: 'unrecovered', why: frame['reason'] as string });
      this.refresh(wire);
    } else if (frame.event === 'unsubscribe') {
      wire.phase = 'off';
      this.#refused(wire, errorOf(frame));
    }
  }

  #replied(wire: WireTopic, frame: Frame): void {
    wire.askedId = undefined;
    const isOk = frame.status === 'ok';
    if (frame.event === 'unsubscribe') this.#hasLeft(wire, isOk || frame['code'] === 'not_subscribed');
    else if (isOk) this.#hasJoined(wire, frame);
    else {
      wire.phase = 'off';
      this.#refused(wire, errorOf(frame));
    }
  }

  #hasJoined(wire: WireTopic, frame: Frame): void {
    const isBack = wire.status === 'stale';
    if (wire.phase === 'joining') wire.phase = 'on';
    wire.backOff?.reset();
    if (typeof frame['position'] === 'string') wire.position = frame['position'];
    if (frame['recovered'] !== true) {
      const why = frame['reason'] as string | undefined;
      if (isBack && !wire.isAgain) wire.gap({ reason: 'unrecovered', ...(why && { why }) });
      wire.state(frame['data'], metaOf(frame));
    }
    if (typeof frame['presence'] === 'object') this.#present(wire, frame['presence'] as Frame, true);
    else if (wire.options.presence) this.#present(wire, frame, false);
    wire.isAgain = false;
    wire.turn('live');
    this.connection.requests.flush();
  }

  /** A hole in the numbers has the topic begin anew. */
  #present(wire: WireTopic, { seq, members, join, leave, count }: Frame, isShown: boolean): void {
    if ((join ?? leave) && seq !== (wire.seq ?? 0) + 1) return this.refresh(wire);
    wire.seq = seq as number;
    wire.presence({ isShown, members, join, leave, count } as PresenceChange);
  }

  /** The app may refuse that a client leaves: then the topic is followed on, for nobody. */
  #hasLeft(wire: WireTopic, isOk: boolean): void {
    wire.phase = isOk ? 'off' : 'on';
    if (isOk && wire.followers.size > 0) this.#join(wire);
    else if (isOk) this.#forget(wire);
    else if (wire.status === 'joining')
      this.connection.open('asked'); // Its state is to be had in no other way.
    else wire.turn('live');
  }

  #refuseAll(frame: Frame): void {
    for (const subscription of this.#asked) this.received({ ...frame, subscription });
  }

  #refused(wire: WireTopic, error: KittiwakeError): void {
    const isProving = error.code === 'authentication_required' && this.connection.isProving;
    if (!isProving && error.code !== 'service_unavailable') return this.#end(wire, error);
    wire.turn('stale');
    wire.error = error;
    if (isProving) return;
    const { clock } = this.connection;
    wire.backOff ??= new BackOff(clock, { baseMs: 1000 });
    wire.timer = clock.set(() => this.#join(wire), wire.backOff.next());
  }

  #end(wire: WireTopic, error: KittiwakeError): void {
    this.connection.clock.clear(wire.timer);
    this.#joining.delete(wire);
    wire.phase = 'off';
    wire.turn('ended', error);
    this.connection.requests.flush();
    if (wire.followers.size === 0) this.#forget(wire);
  }

  #forget(wire: WireTopic): void {
    if (this.#wires.get(wire.name) === wire) this.#wires.delete(wire.name);
  }

  #replace(old: WireTopic, wire: WireTopic): void {
    wire.phase = 'leaving';
    wire.askedId = old.askedId;
    if (old.phase !== 'leaving' || this.#leaving.delete(old)) this.#leave(wire);
  }

  #join(wire: WireTopic): void {
    this.#joining.add(wire);
    this.#schedule();
  }

  #leave(wire: WireTopic): void {
    wire.phase = 'leaving';
    this.#leaving.add(wire);
    this.#schedule();
  }

  /** What is asked for in one turn of the event loop goes together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    platform.queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.connection.isLive) return;
    this.#say('unsubscribe', this.#leaving);
    if (this.#asked.size === 0) this.#say('subscribe', this.#joining);
  }

  #say(event: 'subscribe' | 'unsubscribe', from: Set<WireTopic>): void {
    const [first] = from;
    if (!first) return;
    const { recover, presence } = first.options;
    const isSubscribe = event === 'subscribe';
    const alike = [...from].filter(
      (wire) => !isSubscribe || (wire.options.recover === recover && wire.options.presence === presence),
    );
    const wires = atOnce(alike, this.connection.link?.hello?.['limits'] ?? {});
    const id = this.connection.requests.nextId();
    for (const wire of wires) {
      from.delete(wire);
      wire.askedId = id;
      if (isSubscribe) wire.phase = 'joining';
    }
    if (isSubscribe) {
      this.#asked = new Set(wires.map(({ name }) => name));
      this.#askedId = id;
    }
    const subscriptions = wires.map((wire) => (isSubscribe ? wire.element : wire.name));
    const asks = isSubscribe && {
      report_drops: true,
      ...(recover && { recover }),
      ...(presence && { presence }),
    };
    this.connection.send({ event, subscriptions, ...asks, id });
    if (!isSubscribe && from.size > 0) this.#schedule();
  }
}

function metaOf({ position, published_at: publishedAt }: Frame): Meta {
  return {
    ...(typeof position === 'string' && { position }),
    ...(typeof publishedAt === 'string' && { publishedAt }),
  };
}
