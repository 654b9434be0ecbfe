import type { CallbackEnd } from '../../src/index.js';
import type { TopicServiceRules } from '../../src/index.js';
import { TestClient } from '../support/client.js';
import { deferred, eventually, type Deferred } from '../support/wait.js';

/** The callbacks of a service, and the validation of tickets, which is asked in the same two ways. */
export const KINDS = [
  'validateTicket',
  'authorizer',
  'beforeSubscribe',
  'onSubscribe',
  'onMessage',
  'beforeUnsubscribe',
  'onUnsubscribe',
  'onAuthorizationChange',
  'onHeartbeat',
] as const;
export type Kind = (typeof KINDS)[number];

/** What the app answers, in words that both ways have. */
export type Answer =
  | { readonly data?: unknown; readonly order?: number | bigint; readonly fields?: object }
  | { readonly refusal: string | undefined; readonly data?: unknown }
  /** Something that is no answer. */
  | 'nonsense'
  /** No answer before {@link Script.release}. */
  | 'hanging';

/** A question, as the app got it. */
export interface Asked {
  readonly kind: Kind;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The member `data`, as the text it came in. */
  readonly dataText: string | undefined;
  /** What it says of the end that it is about. */
  readonly end: CallbackEnd | undefined;
  /** Resolves when the gateway does not want the answer any more. */
  readonly cancelled: Promise<void>;
}

/** How the app answers, and what it was asked. */
export class Script {
  readonly asked: Asked[] = [];
  private readonly end = deferred();
  private readonly answers = new Map<Kind, Answer[]>();

  /** Queues answers; each is used once. Without any, the answer is consent and nothing else. */
  answer(kind: Kind, ...answers: Answer[]): void {
    this.answers.set(kind, [...(this.answers.get(kind) ?? []), ...answers]);
  }

  /** Ends what hangs. */
  release(): void {
    this.end.resolve();
  }

  /** Resolves with {@link release}. */
  get released(): Promise<void> {
    return this.end.promise;
  }

  /** Takes a question. @returns what to answer, and how to tell that it is not wanted any more. */
  take(question: Omit<Asked, 'cancelled'>): { answer: Answer; cancelled: Deferred<void> } {
    const cancelled = deferred();
    this.asked.push({ ...question, cancelled: cancelled.promise });
    return { answer: this.answers.get(question.kind)?.shift() ?? {}, cancelled };
  }

  /** The questions of a kind, once there are at least so many. */
  questions(kind: Kind, count = 1): Promise<Asked[]> {
    return eventually(
      () => {
        const found = this.asked.filter((asked) => asked.kind === kind);
        return found.length >= count && found;
      },
      { what: `question ${count} of ${kind}` },
    );
  }

  /** The fields of the first question of a kind. */
  async fields(kind: Kind, index = 0): Promise<Readonly<Record<string, unknown>>> {
    return (await this.questions(kind, index + 1))[index]!.fields;
  }
}

/** A gateway whose service `books` is asked everything in one of the ways. */
export interface CallbackWorld {
  readonly url: string;
  publish(publication: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const RULES: TopicServiceRules = {
  extraFields: ['lang'],
  authorizerFields: ['role'],
  authorizationRenewalPeriod: '1h',
  heartbeatPeriod: '1h',
};
const BOOK = { event: 'subscribe', subscription: 'books.1', lang: 'en' };
const ABOUT_BOOK = { subscription: 'books.1', lang: 'en' };
const FIELDS = { ...ABOUT_BOOK, role: 'editor', user_id: 7 };

/** What holds however a service is asked; see `src/topics/service-callbacks.ts`. */
export function serviceCallbacksContract(
  name: string,
  enter: (script: Script, rules: TopicServiceRules) => Promise<CallbackWorld>,
): void {
  describe(`a service that is asked ${name}`, () => {
    let script: Script;
    let world: CallbackWorld | undefined;
    let client: TestClient;

    beforeEach(() => {
      script = new Script();
    });
    afterEach(async () => {
      client.drop();
      script.release();
      await world?.stop();
      world = undefined;
    });

    /** A client that is authenticated, at a gateway with these rules. */
    async function connect(rules: TopicServiceRules = {}): Promise<void> {
      world = await enter(script, { ...RULES, ...rules });
      script.answer('validateTicket', { fields: { user_id: 7 } });
      client = await TestClient.connect(world.url);
      expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual({ event: 'auth', status: 'ok' });
    }

    async function subscribe(rules?: TopicServiceRules): Promise<void> {
      await connect(rules);
      script.answer('authorizer', { fields: { role: 'editor', other: 1 } });
      expect(await client.ask(BOOK)).toMatchObject({ event: 'subscribe', status: 'ok' });
    }

    const message = (data: unknown): object => ({ event: 'message', subscription: 'books.1', data });
    const unsubscribe = { event: 'unsubscribe', subscription: 'books.1' };

    describe('with a ticket', () => {
      it('is given the ticket as it came', async () => {
        await connect();
        client.send('{"event":"auth","ticket":{"n":[1,"a"]}}');
        await client.next();
        expect(await script.fields('validateTicket', 1)).toEqual({ ticket: { n: [1, 'a'] } });
      });

      it.each([
        [undefined, 'Authentication failed.'],
        ['Too late.', 'Too late.'],
      ])('refuses with the text %p', async (refusal, error) => {
        await connect();
        script.answer('validateTicket', { refusal });
        const answer = await client.ask({ event: 'auth', ticket: 'T' });
        expect(answer).toEqual({ event: 'auth', status: 'error', error });
      });

      it('ends the connection when it gets no answer but nonsense', async () => {
        await connect();
        script.answer('validateTicket', 'nonsense');
        const answer = await client.ask({ event: 'auth', ticket: 'T' });
        expect(answer).toEqual({ event: 'auth', status: 'error', error: 'Unhandled exception.' });
        expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
      });

      it('is not waited for when the client is gone', async () => {
        await subscribe();
        script.answer('validateTicket', 'hanging');
        client.send({ event: 'auth', ticket: 'T' });
        const [, asked] = await script.questions('validateTicket', 2);
        await client.close();
        await asked!.cancelled;
        expect(await script.fields('onUnsubscribe')).toEqual(FIELDS);
      });
    });

    describe('with fields', () => {
      it('tells the authorizer of the subscription, extra fields and identity', async () => {
        await subscribe();
        expect(await script.fields('authorizer')).toEqual({ ...ABOUT_BOOK, user_id: 7 });
      });

      it.each(['beforeSubscribe', 'onSubscribe'] as const)(
        'tells %s of the authorizer fields too',
        async (kind) => {
          await subscribe();
          expect(await script.fields(kind)).toEqual(FIELDS);
        },
      );

      it('tells onMessage of the data', async () => {
        await subscribe();
        await client.send(message({ a: [1] })).settled();
        expect(await script.fields('onMessage')).toEqual({ ...FIELDS, data: { a: [1] } });
      });

      it('tells onMessage of null when there is no data', async () => {
        await subscribe();
        await client.send(message(undefined)).settled();
        expect(await script.fields('onMessage')).toEqual({ ...FIELDS, data: null });
      });

      it('tells onMessage of every digit', async () => {
        await subscribe();
        const text = '{"n":12345678901234567890,"m":1.50}';
        await client.send(`{"event":"message","subscription":"books.1","data":${text}}`).settled();
        const [asked] = await script.questions('onMessage');
        expect(asked!.dataText).toBe(text);
      });

      it.each(['beforeUnsubscribe', 'onUnsubscribe'] as const)(
        'tells %s when the client unsubscribes',
        async (kind) => {
          await subscribe();
          await client.ask(unsubscribe);
          expect(await script.fields(kind)).toEqual(FIELDS);
        },
      );

      it.each(['beforeUnsubscribe', 'onUnsubscribe'] as const)(
        'tells %s when the connection ends',
        async (kind) => {
          await subscribe();
          client.drop();
          expect(await script.fields(kind)).toEqual(FIELDS);
        },
      );

      it('says of an end why it came and which it is, and nothing of the kind otherwise', async () => {
        await subscribe();
        client.drop();
        const [before] = await script.questions('beforeUnsubscribe');
        const [on] = await script.questions('onUnsubscribe');
        expect([before!.end?.reason, on!.end?.reason]).toEqual(['lost', 'lost']);
        expect(before!.end?.id).not.toBe(on!.end?.id);
        const others = script.asked.filter(({ kind }) => !kind.endsWith('Unsubscribe'));
        expect(others.filter(({ end }) => end)).toEqual([]);
      });

      it('tells onHeartbeat, whatever it answered before', async () => {
        script.answer('onHeartbeat', { refusal: 'No.' }, 'nonsense');
        await subscribe({ heartbeatPeriod: '10ms' });
        expect(await script.fields('onHeartbeat', 2)).toEqual(FIELDS);
      });

      it('tells the authorizer of its fields when it is asked again', async () => {
        await subscribe({ authorizationRenewalPeriod: '10ms' });
        expect(await script.fields('authorizer', 1)).toEqual(FIELDS);
      });

      it('tells onAuthorizationChange of the new authorizer fields', async () => {
        await connect({ authorizationRenewalPeriod: '10ms' });
        script.answer('authorizer', { fields: { role: 'editor' } }, { fields: { role: 'reader' } });
        await client.ask(BOOK);
        expect(await script.fields('onAuthorizationChange')).toEqual({ ...FIELDS, role: 'reader' });
      });

      it('prefers the identity to the authorizer, and both to the client', async () => {
        await connect({ extraFields: ['user_id', 'role'], authorizerFields: ['user_id', 'role'] });
        script.answer('authorizer', { fields: { user_id: 'authorizer', role: 'authorizer' } });
        await client.ask({ ...BOOK, user_id: 'client', role: 'client' });
        const fields = { subscription: 'books.1', user_id: 7, role: 'authorizer' };
        expect(await script.fields('beforeSubscribe')).toEqual(fields);
      });
    });

    describe('with consent', () => {
      it('answers a subscription without data', async () => {
        await connect();
        expect(await client.ask(BOOK)).toEqual({ ...BOOK, status: 'ok' });
      });

      it.each([{ title: 'T' }, false, 0, '', [], {}])(
        'answers a subscription with the state %j',
        async (data) => {
          await connect();
          script.answer('beforeSubscribe', { data });
          expect(await client.ask(BOOK)).toEqual({ ...BOOK, status: 'ok', data });
        },
      );

      it('leaves out a state that is null', async () => {
        await connect();
        script.answer('beforeSubscribe', { data: null });
        expect(await client.ask(BOOK)).toEqual({ ...BOOK, status: 'ok' });
      });

      it.each([2, 2n, 9007199254740993n])('delivers nothing up to the order %p of a state', async (order) => {
        await connect();
        script.answer('beforeSubscribe', { data: 'state', order });
        expect(await client.ask(BOOK)).toMatchObject({ data: 'state' });
        const publish = (data: string, of: string): Promise<unknown> =>
          world!.publish(`{"subscription":"books.1","data":"${data}","options":{"order":${of}}}`);
        await publish('older', `${order}`);
        await publish('newer', `${BigInt(order) + 1n}`);
        expect(await client.next()).toMatchObject({ data: 'newer' });
      });

      it('does not answer a message without data', async () => {
        await subscribe();
        expect(await client.send(message(1)).settled()).toEqual([]);
      });

      it.each([{ a: 1 }, false, 0, '', []])('answers a message with %j', async (data) => {
        await subscribe();
        script.answer('onMessage', { data });
        expect(await client.ask(message(1))).toEqual({ event: 'message', ...ABOUT_BOOK, status: 'ok', data });
      });

      it('answers a message with null as one without data', async () => {
        await subscribe();
        script.answer('onMessage', { data: null });
        expect(await client.ask(message(1))).toEqual({ event: 'message', ...ABOUT_BOOK, status: 'ok' });
      });

      it('answers the end of a subscription with data', async () => {
        await subscribe();
        script.answer('beforeUnsubscribe', { data: 'bye' });
        expect(await client.ask(unsubscribe)).toEqual({
          event: 'unsubscribe',
          ...ABOUT_BOOK,
          status: 'ok',
          data: 'bye',
        });
      });
    });

    describe('with refusals', () => {
      const cases = [
        ['authorizer', 'Unauthorized.', BOOK],
        ['beforeSubscribe', 'Unhandled exception.', BOOK],
        ['onMessage', 'Unhandled exception.', message(1)],
        ['beforeUnsubscribe', 'Unhandled exception.', unsubscribe],
      ] as const;

      /** A client that can be refused by this kind of callback next. */
      async function ready(kind: Kind): Promise<void> {
        await (kind === 'authorizer' || kind === 'beforeSubscribe' ? connect() : subscribe());
      }

      it.each(cases)('of %s without a text says %p', async (kind, error, event) => {
        await ready(kind);
        script.answer(kind, { refusal: undefined });
        const { event: name } = event as { event: string };
        expect(await client.ask(event)).toEqual({ event: name, ...ABOUT_BOOK, status: 'error', error });
      });

      it.each(cases)('of %s says what the service says', async (kind, _error, event) => {
        await ready(kind);
        script.answer(kind, { refusal: 'Not today.', data: { until: 5 } });
        const answer = { status: 'error', error: 'Not today.', data: { until: 5 } };
        expect(await client.ask(event)).toMatchObject(answer);
      });

      it.each(cases)('of %s has no data that is empty', async (kind, _error, event) => {
        await ready(kind);
        script.answer(kind, { refusal: 'Not today.', data: [] });
        expect(await client.ask(event)).not.toHaveProperty('data');
      });

      it.each(['authorizer', 'beforeSubscribe'] as const)('of %s leaves no subscription', async (kind) => {
        await connect();
        script.answer(kind, { refusal: undefined });
        await client.ask(BOOK);
        expect(await client.ask(message(1))).toMatchObject({ error: 'Subscription does not exist.' });
      });

      it('of beforeUnsubscribe leaves the subscription', async () => {
        await subscribe();
        script.answer('beforeUnsubscribe', { refusal: undefined });
        await client.ask(unsubscribe);
        expect(await client.ask(BOOK)).toMatchObject({ error: 'Already subscribed.' });
      });

      it.each(['onSubscribe', 'onUnsubscribe'] as const)('of %s play no part', async (kind) => {
        script.answer(kind, { refusal: 'No.' });
        await subscribe();
        expect(await client.ask(unsubscribe)).toMatchObject({ status: 'ok' });
        expect(await client.settled()).toEqual([]);
      });

      it.each([
        [undefined, 'Unauthorized.'],
        ['Your time is up.', 'Your time is up.'],
      ])('at a renewal with the text %p end the subscription', async (refusal, error) => {
        await connect({ authorizationRenewalPeriod: '10ms' });
        script.answer('authorizer', {}, { refusal });
        await client.ask(BOOK);
        expect(await client.next()).toEqual({ event: 'unsubscribe', ...ABOUT_BOOK, error });
        expect(await script.questions('onUnsubscribe')).toHaveLength(1);
      });

      it.each([
        [undefined, 'Unhandled exception.'],
        ['Readers must leave.', 'Readers must leave.'],
      ])('of a change with the text %p end the subscription', async (refusal, error) => {
        await connect({ authorizationRenewalPeriod: '10ms' });
        script.answer('authorizer', {}, { fields: { role: 'reader' } });
        script.answer('onAuthorizationChange', { refusal });
        await client.ask(BOOK);
        expect(await client.next()).toEqual({ event: 'unsubscribe', ...ABOUT_BOOK, error });
      });
    });

    describe('with nonsense', () => {
      it.each([
        ['authorizer', BOOK],
        ['beforeSubscribe', BOOK],
        ['onMessage', message(1)],
        ['beforeUnsubscribe', unsubscribe],
      ] as const)('from %s, says so and ends the connection', async (kind, event) => {
        await (event === BOOK ? connect() : subscribe());
        script.answer(kind, 'nonsense');
        const { event: name } = event as { event: string };
        const error = { status: 'error', error: 'Unhandled exception.' };
        expect(await client.ask(event)).toEqual({ event: name, ...ABOUT_BOOK, ...error });
        expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
      });

      it.each(['onSubscribe', 'onUnsubscribe'] as const)('from %s, goes on', async (kind) => {
        script.answer(kind, 'nonsense');
        await subscribe();
        expect(await client.ask(unsubscribe)).toMatchObject({ status: 'ok' });
        expect(await client.settled()).toEqual([]);
      });
    });

    describe('that hangs', () => {
      it.each(['authorizer', 'onAuthorizationChange', 'onHeartbeat'] as const)(
        'in %s is not waited for when the subscription ends',
        async (kind) => {
          await connect({ authorizationRenewalPeriod: '10ms', heartbeatPeriod: '10ms' });
          script.answer('authorizer', {});
          if (kind !== 'authorizer') script.answer('authorizer', { fields: { role: 'reader' } });
          script.answer(kind, 'hanging');
          await client.ask(BOOK);
          const asked = (await script.questions(kind, kind === 'authorizer' ? 2 : 1)).at(-1);
          expect(await client.ask(unsubscribe)).toMatchObject({ status: 'ok' });
          await asked!.cancelled;
        },
      );

      it('does not hold up other connections', async () => {
        await connect();
        script.answer('authorizer', 'hanging');
        client.send(BOOK);
        await script.questions('authorizer');
        script.answer('validateTicket', { fields: { user_id: 8 } });
        const other = await TestClient.connect(world!.url);
        await other.ask({ event: 'auth', ticket: 'T' });
        expect(await other.ask(BOOK)).toMatchObject({ status: 'ok' });
        other.drop();
      });
    });
  });
}
