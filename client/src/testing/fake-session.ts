import { report } from '../platform.js';
import type { Transport, TransportEvents } from '../transport/transport.js';
import { FakeCall, failure, isStream } from './fake-call.js';
import { type FakeGateway, roomKey } from './fake-gateway.js';
import type { FakeTopic, Published } from './fake-topic.js';

type Members = Readonly<Record<string, unknown>>;

let lastId = 0;

/** A connection at the fake server. Events are handled in order, as the gateway does. */
export class FakeSession implements Transport {
  readonly name = 'fake';
  readonly #gateway: FakeGateway;
  readonly #events: TransportEvents;
  readonly #ended: () => void;
  readonly #subscriptions = new Map<string, { fields: object; recovers: boolean }>();
  readonly #rooms = new Map<number, { key: string; recovers: boolean }>();
  /** Ends a call, or the watching of a kept one, and gives the code that it ends with. */
  readonly #calls = new Map<unknown, () => string | undefined>();
  #turn: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(gateway: FakeGateway, events: TransportEvents, ended: () => void) {
    this.#gateway = gateway;
    this.#events = events;
    this.#ended = ended;
  }

  greet(): void {
    this.say({ event: 'hello', connection_id: `fake-${++lastId}`, limits: {}, features: ['recover'] });
  }

  send(text: string): void {
    const event = JSON.parse(text) as Members;
    this.#gateway.received.push(event);
    if (event['event'] === 'ping') return this.say({ event: 'pong', data: null });
    this.#turn = this.#turn.then(() => this.#handle(event)).catch(report);
  }

  close(): void {
    this.#isOpen = false;
    this.#ended();
    for (const stop of this.#calls.values()) stop();
  }

  /** The server ends it. */
  end(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.#events.closed(code, reason);
  }

  say(frame: object): void {
    if (this.#isOpen && !this.#gateway.isSilent) this.#events.frame(JSON.stringify(frame));
  }

  deliver(topic: string, published: Published | undefined): void {
    const subscription = this.#subscriptions.get(topic);
    if (!subscription || !published) return;
    const { data, position } = published;
    const frame = { event: 'message', subscription: topic, ...subscription.fields, data };
    this.say(subscription.recovers ? { ...frame, position } : frame);
  }

  /** Brings a trigger to those who are in the room. */
  bring(key: string, published: Published | undefined): void {
    for (const [ref, room] of this.#rooms) {
      if (room.key !== key || !published) continue;
      const frame = { event: 'trigger', ref, data: published.data };
      this.say(room.recovers ? { ...frame, position: published.position } : frame);
    }
  }

  async #handle(event: Members): Promise<void> {
    const { event: name, id } = event;
    if (this.#gateway.isSilent || !this.#isOpen) return;
    if (name === 'auth') return this.#auth(event);
    if (name === 'subscribe' || name === 'unsubscribe') {
      const all = (event['subscriptions'] ?? [event]) as unknown[];
      await Promise.all(all.map((one) => this.#subscribe(event, one)));
    } else if (name === 'message') this.#message(event);
    else if (name === 'join') await this.#enter(event);
    else if (name === 'leave') this.#leave(event);
    else if (name === 'call') void this.#call(event).catch((error: unknown) => this.#failed(id, error));
    else if (name === 'cancel') this.#cancel(event);
    else this.#refuse(event, 'event_not_found');
  }

  #auth({ event, id, ...credential }: Members): void {
    const answer = this.#gateway.authenticate(credential);
    if (typeof answer === 'string') this.#refuse({ event, id }, answer);
    else this.#reply({ event, id }, typeof answer === 'number' ? { expires_in: answer } : {});
  }

  async #subscribe({ event, id, recover, presence }: Members, one: unknown): Promise<void> {
    const { subscription, position, ...fields } = (
      typeof one === 'string' ? { subscription: one } : one
    ) as Members;
    const about = { event, subscription, id };
    const topic = this.#gateway.topics.get(String(subscription));
    if (!topic) return this.#refuse(about, 'invalid_service');
    const isThere = this.#subscriptions.has(topic.name);
    if (event === 'unsubscribe') {
      if (!this.#subscriptions.delete(topic.name)) return this.#refuse(about, 'not_subscribed');
      return this.#reply(about, {});
    }
    if (isThere) return this.#refuse(about, 'already_subscribed');
    await this.#wait(topic.answer.delayMs);
    if (topic.answer.refuse) return this.#refuse(about, topic.answer.refuse, topic.answer.retryAfter);
    this.#join(topic, about, {
      fields,
      recovers: recover === true || position !== undefined,
      position,
      presence,
    });
  }

  #join(
    topic: FakeTopic,
    about: object,
    {
      fields,
      recovers,
      position,
      presence,
    }: { fields: object; recovers: boolean; position: unknown; presence: unknown },
  ): void {
    const { members, missed } = topic.recovery(position as string | undefined, recovers);
    const data = 'recovered' in members && members.recovered ? undefined : topic.answer.state;
    this.#subscriptions.set(topic.name, { fields, recovers });
    this.#reply(about, {
      ...fields,
      ...(data !== undefined && { data }),
      ...presenceOf(topic, presence),
      ...members,
    });
    for (const published of missed) this.deliver(topic.name, published);
  }

  async #enter({ event, id, room, recover, position, presence }: Members): Promise<void> {
    const key = roomKey(room as object);
    const found = this.#gateway.rooms.get(key);
    if (!found) return this.#refuse({ event, id }, 'room_not_found');
    await this.#wait(found.answer.delayMs);
    if (found.answer.refuse) return this.#refuse({ event, id }, found.answer.refuse, found.answer.retryAfter);
    const recovers = recover === true || position !== undefined;
    const { members, missed } = found.recovery(position as string | undefined, recovers);
    let ref = 1;
    while (this.#rooms.has(ref)) ref++;
    this.#rooms.set(ref, { key, recovers });
    this.#reply({ event, ref, id }, { ...presenceOf(found, presence), ...members });
    for (const { data, position: at } of missed) this.say({ event: 'trigger', ref, data, position: at });
  }

  #leave({ event, ref, id }: Members): void {
    if (this.#rooms.delete(Number(ref))) this.#reply({ event, ref, id }, {});
    else this.#refuse({ event, ref, id }, 'not_joined');
  }

  #message({ event, id, subscription, data }: Members): void {
    const about = { event, id, subscription };
    const topic = this.#gateway.topics.get(String(subscription));
    if (!topic || !this.#subscriptions.has(topic.name)) return this.#refuse(about, 'not_subscribed');
    this.#reply(about, { data: topic.answer.onMessage?.(data as never) });
  }

  async #call(asked: Members): Promise<void> {
    const { event, id, procedure, params } = asked;
    if (asked['call'] !== undefined) return this.#watch(asked, this.#gateway.calls.get(asked['call']));
    const found = this.#gateway.procedures.get(String(procedure));
    if (!found) return this.#refuse({ event, id }, 'procedure_undefined');
    const args = (Array.isArray(params) ? params : params === undefined ? [] : [params]) as never[];
    if (found.resumable)
      return this.#watch(
        asked,
        this.#keep(asked, () => found.fn(...args)),
      );
    if (asked['idempotency_key'] !== undefined) return this.#refuse({ event, id }, 'not_resumable');
    let isOver = false;
    this.#calls.set(id, () => {
      isOver = true;
      return undefined;
    });
    const result = await found.fn(...args);
    if (isStream(result)) {
      for await (const data of result) {
        if (isOver) return;
        this.#reply({ event, id }, { data, more: true });
      }
      if (!isOver) this.#reply({ event, id }, {});
    } else if (!isOver) this.#reply({ event, id }, { data: result });
    this.#calls.delete(id);
  }

  /** The call of this key, or a new one. */
  #keep({ procedure, idempotency_key: key }: Members, run: () => unknown): FakeCall {
    const { calls } = this.#gateway;
    const known = key === undefined ? undefined : JSON.stringify([procedure, key]);
    const call = calls.get(known) ?? new FakeCall(`fake-call-${calls.size + 1}`, run);
    calls.set(call.id, call);
    if (known) calls.set(known, call);
    return call;
  }

  #watch({ event, id, position }: Members, call: FakeCall | undefined): void {
    const about = { event, id };
    if (!call) return this.#refuse(about, 'call_not_found');
    if (!call.has(position)) return this.#refuse(about, 'position_lost');
    this.#reply(about, { call: call.id, position: position ?? '0', more: true });
    const leave = call.watch(Number(position ?? 0), (reply) => this.say({ ...about, ...reply }));
    this.#calls.set(id, () => (leave() ? 'watch_cancelled' : undefined));
  }

  #failed(id: unknown, error: unknown): void {
    this.say({ event: 'call', id, ...failure(error) });
  }

  #cancel({ event, id, call }: Members): void {
    if (call !== undefined) return this.#end({ event, id }, this.#gateway.calls.get(call));
    const stop = this.#calls.get(id);
    if (!stop) return this.#refuse({ event, id }, 'call_not_found');
    const code = stop();
    this.#reply({ event, id }, {});
    this.#refuse({ event: 'call', id }, code ?? 'call_cancelled');
  }

  #end(about: object, call: FakeCall | undefined): void {
    if (!call || call.isOver) return this.#refuse(about, 'call_not_found');
    this.#reply(about, {});
    call.cancel();
  }

  async #wait(ms: number | undefined): Promise<void> {
    if (ms) await new Promise<void>((resolve) => void this.#gateway.clock.set(resolve, ms));
  }

  #reply(about: object, members: object): void {
    this.say({ ...about, status: 'ok', ...members });
  }

  #refuse(about: object, code: string, retryAfter?: number): void {
    this.say({ ...about, status: 'error', error: code, code, retry_after: retryAfter });
  }
}

function presenceOf({ answer: { members } }: FakeTopic, isAsked: unknown): object {
  if (!isAsked) return {};
  return { presence: members ? { seq: 1, members } : false };
}
