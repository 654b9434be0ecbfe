import { backOffMs } from '../back-off.js';
import type { Connection } from '../connection.js';
import { errorOf, type KittiwakeError } from '../errors.js';
import type { Frame } from '../frame.js';
import { platform } from '../platform.js';
import { atOnce } from './at-once.js';
import type { Gap, Meta, PresenceChange } from './topic-event.js';
import { happen, type TopicKind, tell, turn, type WireTopic, type Wish } from './wire-topic.js';

/** The topics of a connection: one subscription each, however many follow it, and again on each connection. */
export interface TopicBook {
  readonly kind: TopicKind;
  readonly connection: Connection;
  /** The topic of this name, which is asked for if it is new. @throws TypeError when it is open with other fields. */
  open(name: string, wish: Wish): WireTopic;
  /** The topic gets its state anew. */
  refresh(wire: WireTopic): void;
  /** In a turn of the event loop it is seen what has to be asked for, and what nobody follows any more. */
  schedule(): void;
}

/**
 * Of each topic one event is under way at most. What is asked for next follows from how it stands (`flush`), so it may be
 * closed and opened however quickly.
 */
export function createBook(connection: Connection, kind: TopicKind): TopicBook {
  const { clock, listeners, requests } = connection;
  const [join, leave, data] = kind.events;
  const wires = new Map<string, WireTopic>();
  /** Those that the gateway has, by what it calls them. */
  const known = new Map<unknown, WireTopic>();
  /** The topics of the event under way that are not answered yet. */
  let asking = 0;
  let isScheduled = false;

  function open(name: string, wish: Wish): WireTopic {
    const found = wires.get(name);
    if (found && found.status !== 'ended') {
      if (JSON.stringify(found.wish.fields) === JSON.stringify(wish.fields)) return share(found, wish);
      if (found.followers.size) throw new TypeError(`${name} is open with other fields`);
      clock.clear(found.timer);
    }
    schedule();
    const { has, askedId = 0, ref } = found ?? {};
    known.delete(ref); // What the gateway says of those before is for nobody.
    const wire: WireTopic = {
      name,
      wish,
      has,
      askedId,
      tries: 0,
      isDue: true,
      followers: new Set(),
      status: 'joining',
      log: [],
    };
    wires.set(name, wire);
    return wire;
  }

  /** Somebody more follows it, who may want more of it. */
  function share(wire: WireTopic, { presence }: Wish): WireTopic {
    wire.isKept = false;
    if (presence && !wire.wish.presence) refresh(wire, { presence });
    // It is being left: what there is may be old.
    if (wire.has && wire.askedId) turn(wire, 'stale');
    return wire;
  }

  function refresh(wire: WireTopic, more?: Partial<Wish>): void {
    wire.wish = { ...wire.wish, ...more };
    wire.position = undefined;
    if (wire.has) turn(wire, 'stale');
    schedule();
  }

  function schedule(): void {
    if (!isScheduled) platform.queueMicrotask(flush);
    isScheduled = true;
  }

  /** Sends together what is asked for in one turn of the event loop. */
  function flush(): void {
    const leaving: WireTopic[] = [];
    const joining: WireTopic[] = [];
    isScheduled = false;
    for (const wire of wires.values()) {
      if (wire.askedId) continue;
      if (wire.has) {
        if (wire.has !== wire.wish || !(wire.followers.size || wire.isKept)) leaving.push(wire);
      } else if (!wire.followers.size) forget(wire);
      else if (wire.isDue) joining.push(wire);
    }
    if (connection.state !== 'live') return;
    ask(leave, leaving);
    if (!asking) ask(join, joining);
  }

  function ask(event: string, from: WireTopic[]): void {
    const [first] = from;
    if (!first) return;
    const { recover, presence } = first.wish;
    const alike = from.filter(({ wish }) => wish.recover === recover && wish.presence === presence);
    const some = atOnce(alike, connection.link?.hello?.['limits']);
    const isJoin = event === join;
    if (isJoin) asking = some.length;
    for (const group of kind.groups(some)) {
      const id = requests.nextId();
      for (const wire of group) {
        wire.askedId = id;
        if (isJoin) wire.has = wire.wish;
      }
      const about = kind.about(group, isJoin);
      connection.send({ event, ...about, id, ...(isJoin && { report_drops: true, recover, presence }) });
    }
    if (some.length < from.length) schedule();
  }

  function forget(wire: WireTopic): void {
    clock.clear(wire.timer);
    wires.delete(wire.name);
  }

  /** The gateway has it no more. */
  function gone(wire: WireTopic): void {
    known.delete(wire.ref);
    wire.has = wire.ref = undefined; // The gateway may give the number to another room.
    wire.askedId = 0;
  }

  /** Updates may come from now on that are not told. */
  function off(wire: WireTopic): void {
    clock.clear(wire.timer);
    gone(wire);
    wire.isDue = wire.isKept = false;
    wire.isLost = true;
  }

  function end(wire: WireTopic, error: KittiwakeError): void {
    off(wire);
    turn(wire, 'ended', error);
    requests.flush();
    if (!wire.followers.size) forget(wire);
  }

  function refused(wire: WireTopic, error: KittiwakeError): void {
    const isProving = error.code === 'authentication_required' && connection.link?.isProving;
    if (!isProving && !error.temporary) return end(wire, error);
    off(wire);
    turn(wire, 'stale');
    wire.error = error;
    if (isProving) return;
    const waitMs = backOffMs(clock, wire.tries++, { baseMs: 1000 }) + (error.retryAfterMs ?? 0);
    wire.timer = clock.set(() => due(wire), waitMs);
  }

  function due(wire: WireTopic): void {
    wire.isDue = true;
    schedule();
  }

  function replied(wire: WireTopic, frame: Frame): void {
    const isWanted = wire.has === wire.wish;
    const isOk = frame.status === 'ok';
    wire.askedId = 0;
    if (frame.event === leave) return left(wire, isOk || /^not_(sub|join)/.test(frame.code as string));
    if (!--asking) schedule();
    if (isOk) known.set((wire.ref = frame[kind.key]), wire);
    else wire.has = undefined;
    if (!isWanted || !wire.followers.size) schedule();
    // Of what is not wanted any more nothing is told.
    if (isWanted && isOk) joined(wire, frame);
    else if (isWanted) refused(wire, errorOf(frame));
  }

  /** The app may refuse that a client leaves: then the topic is followed on, for nobody. */
  function left(wire: WireTopic, isGone: boolean): void {
    wire.isKept = !isGone;
    if (isGone) {
      gone(wire);
      if (wire.followers.size) due(wire);
      else forget(wire);
    } else if ((wire.has = wire.wish) && wire.status === 'joining') connection.open('asked'); // Its state is to be had in no other way.
    else turn(wire, 'live');
  }

  function joined(wire: WireTopic, frame: Frame): void {
    wire.tries = 0;
    follow(wire, frame);
    if (!frame['recovered']) {
      if (wire.isLost && wire.status === 'stale') missed(wire, frame);
      if (kind.hasState) happen(wire, { type: 'state', state: frame.data, meta: metaOf(frame) });
    }
    if (wire.wish.presence) present(wire, (frame['presence'] || { presence: false }) as Frame);
    wire.isLost = false;
    turn(wire, 'live');
    requests.flush();
  }

  function told(wire: WireTopic, frame: Frame): void {
    follow(wire, frame);
    if (frame.event === data) happen(wire, { type: 'update', data: frame.data, meta: metaOf(frame) });
    else if (frame.event === 'presence') present(wire, frame);
    else if (frame.event === 'dropped')
      tell(wire, { type: 'gap', gap: { reason: 'dropped', count: Number(frame['count']) } });
    else if (frame.event === 'reset') {
      missed(wire, frame);
      if (kind.hasState) refresh(wire);
    } else if (frame.event === leave) refused(wire, errorOf(frame));
  }

  /** A hole in the numbers has the topic begin anew. */
  function present(wire: WireTopic, frame: Frame): void {
    const { members, join, leave, count } = frame as unknown as PresenceChange;
    const isShown = frame['presence'] !== false;
    if ((join ?? leave) && frame['seq'] !== Number(wire.seq) + 1) return refresh(wire);
    wire.seq = frame['seq'];
    wire.count = count;
    if (members) wire.members = new Map();
    else if (count !== undefined || !isShown) wire.members = undefined;
    for (const member of members ?? join ?? []) wire.members?.set(member.key, member);
    for (const key of leave ?? []) wire.members?.delete(key);
    tell(wire, { type: 'presence', change: { isShown, members, join, leave, count } as PresenceChange });
  }

  listeners.on('opened', flush);
  listeners.on('lost', () => {
    asking = 0;
    for (const wire of wires.values()) {
      off(wire);
      wire.isDue = wire.status !== 'ended';
      if (wire.isDue) turn(wire, 'stale');
    }
    schedule();
  });
  listeners.on('identified', () => {
    for (const wire of wires.values()) {
      if (wire.error?.code !== 'authentication_required' || wire.has) continue;
      if (wire.status === 'ended') turn(wire, 'joining');
      due(wire);
    }
  });
  listeners.on('closed', (error) => {
    for (const wire of wires.values()) end(wire, error);
  });
  listeners.on('frame', (frame) => {
    const { id, status, subscription } = frame;
    const wire = known.get(frame[kind.key]);
    if (status) {
      // Without a topic it is about all of the event.
      for (const asked of subscription === undefined ? wires.values() : [wires.get(subscription as string)])
        if (asked && asked.askedId === id) replied(asked, frame);
    } else if (wire?.status === 'live' || wire?.status === 'stale') told(wire, frame);
  });
  return { kind, connection, open, refresh, schedule };
}

function follow(wire: WireTopic, { position }: Frame): void {
  if (position) wire.position = position as string;
}

function missed(wire: WireTopic, { reason }: Frame): void {
  tell(wire, { type: 'gap', gap: { reason: 'unrecovered', why: reason } as Gap });
}

const metaOf = ({ position, published_at: publishedAt }: Frame): Meta => ({ position, publishedAt }) as Meta;
