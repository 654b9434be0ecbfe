import { HttpException, type ModuleMetadata } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import {
  Authorize,
  BeforeSubscribe,
  BeforeUnsubscribe,
  type CallbackEnd,
  type CallbackRequest,
  OnAuthorizationChange,
  OnHeartbeat,
  OnMessage,
  OnSubscribe,
  OnUnsubscribe,
  Refusal,
  TopicState,
  TopicService,
  type TopicServiceRules,
  ValidateTicket,
} from '../../src/index.js';
import { membersOf } from '../../src/protocol/json/json.js';
import { TestClient } from '../support/client.js';
import { TestGateway } from '../support/gateway.js';
import { answer as answerJson, appsOfTest, type AppHandler } from '../support/http-app.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from '../support/nest-app.js';
import {
  type Answer,
  type Kind,
  KINDS,
  type Script,
  serviceCallbacksContract,
} from './service-callbacks.contract.js';

describe('over HTTP', () => {
  const startApp = appsOfTest();

  serviceCallbacksContract('over HTTP', async (script, rules) => {
    const app = await startApp(respond(script));
    const urls = Object.fromEntries(KINDS.map((kind) => [kind, `${app.origin}/${kind}`] as const));
    const { validateTicket: url, ...callbacks } = urls;
    return TestGateway.start({
      services: { books: { ...rules, ...callbacks } },
      auth: { ticket: { url: url!, fields: ['user_id'] } },
    });
  });

  describe('a service that cannot be asked', () => {
    it.each([
      ['authorizer', { event: 'subscribe' }],
      ['beforeSubscribe', { event: 'subscribe' }],
      ['onMessage', { event: 'message', data: 1 }],
      ['beforeUnsubscribe', { event: 'unsubscribe' }],
    ])('in %s is unavailable', async (kind, event) => {
      const app = await startApp((response, { path }) =>
        path === `/${kind}` ? answerJson(response, '{}', { status: 500 }) : answerJson(response),
      );
      const gateway = await TestGateway.start({
        services: { books: { requireAuthentication: false, [kind]: `${app.origin}/${kind}` } },
        callbacks: { tries: 2, wait: '0s', endTimeout: '0s' },
      });
      const client = await TestClient.connect(gateway.url);
      if (event.event !== 'subscribe') await client.ask({ event: 'subscribe', subscription: 'books.1' });
      expect(await client.ask({ ...event, subscription: 'books.1' })).toEqual({
        event: event.event,
        subscription: 'books.1',
        status: 'error',
        error: 'Service unavailable.',
      });
      expect(app.requests).toHaveLength(2);
      await client.close();
      await gateway.stop();
    });
  });
});

describe('in process', () => {
  serviceCallbacksContract('in process', (script, rules) => {
    const providers = [booksTopic(rules, (kind, request) => provide(script, kind, request))];
    return start({ providers });
  });

  describe('a service that answers with', () => {
    let app: TestApp;
    let client: TestClient;
    afterEach(async () => {
      client.drop();
      await app.stop();
    });

    /** What the client is told when this is what the kind of callback does. */
    async function outcome(kind: Kind, behaviour: () => unknown): Promise<Record<string, unknown>> {
      const answers: Partial<Record<Kind, () => unknown>> = { [kind]: behaviour };
      const providers = [booksTopic({ ...PERIODS, requireAuthentication: false }, (of) => answers[of]?.())];
      app = await start({ providers });
      client = await TestClient.connect(app.url);
      if (kind === 'validateTicket') return client.ask({ event: 'auth', ticket: 'T' });
      const subscribed = await client.ask({ event: 'subscribe', subscription: 'books.1' });
      if (kind !== 'onMessage') return subscribed;
      return client.ask({ event: 'message', subscription: 'books.1', data: 1 });
    }

    it.each([undefined, true, {}, Promise.resolve(true)])('%p authorizes', async (value) => {
      expect(await outcome('authorizer', () => value)).toMatchObject({ status: 'ok' });
    });

    it.each([false, null, { status: 'error' }, Promise.resolve(false)])(
      '%p does not authorize',
      async (value) => {
        const refusal = { status: 'error', error: 'Unauthorized.' };
        expect(await outcome('authorizer', () => value)).toMatchObject(refusal);
      },
    );

    it('an error as it goes over HTTP does not authorize, with its text', async () => {
      const refusal = { status: 'error', error: 'Not you.' };
      expect(await outcome('authorizer', () => refusal)).toMatchObject(refusal);
    });

    it.each([undefined, null, false])('%p does not authenticate', async (value) => {
      const refusal = { status: 'error', error: 'Authentication failed.' };
      expect(await outcome('validateTicket', () => value)).toMatchObject(refusal);
    });

    it('an object without fields authenticates', async () => {
      expect(await outcome('validateTicket', () => ({}))).toMatchObject({ status: 'ok' });
    });

    it.each(['authorizer', 'validateTicket'] as const)('a list ends the connection in %s', async (kind) => {
      expect(await outcome(kind, () => [{ user_id: 7 }])).toMatchObject({ error: 'Unhandled exception.' });
      expect((await client.untilClosed()).code).toBe(1000);
    });

    it.each([
      ['a cycle', () => cycle()],
      ['a bigint', () => 1n],
      ['a refusal with a cycle', () => refuse(new Refusal('No.', cycle()))],
    ])('%s ends the connection', async (_what, behaviour) => {
      expect(await outcome('onMessage', behaviour)).toMatchObject({ error: 'Unhandled exception.' });
      expect((await client.untilClosed()).code).toBe(1000);
    });

    it.each([
      ['an HttpException', new HttpException('Gone.', 410), 'Gone.'],
      ['a WsException', new WsException('Not here.'), 'Not here.'],
      ['a Refusal without a text', new Refusal(), 'Unhandled exception.'],
    ])('%s refuses', async (_what, thrown, error) => {
      const answer = await outcome('onMessage', () => refuse(thrown));
      expect(answer).toEqual({ event: 'message', subscription: 'books.1', status: 'error', error });
      expect(await client.settled()).toEqual([]);
    });

    // An app whose database stumbled was taken to refuse, which ended subscriptions and sent clients away.
    it.each([
      ['an error', new RangeError('secret')],
      ['a text', 'secret'],
      ['status 500', new HttpException('secret', 500)],
      ['status 429', new HttpException('secret', 429)],
    ])('%s that is thrown is a stumbling app, to messages as well', async (_what, thrown) => {
      const answer = await outcome('onMessage', () => refuse(thrown));
      expect(answer).toMatchObject({ status: 'error', error: 'Service unavailable.' });
      expect(await client.settled()).toEqual([]);
    });

    it.each<[string, unknown, string, string]>([
      ['an error', new RangeError('secret'), 'Service unavailable.', 'Service unavailable.'],
      ['status 503', new HttpException('secret', 503), 'Service unavailable.', 'Service unavailable.'],
      ['status 404', new HttpException('secret', 404), 'Service unavailable.', 'Service unavailable.'],
      ['status 403', new HttpException('Not you.', 403), 'Not you.', 'Not you.'],
      ['status 400, as of pipes,', new HttpException('Not so.', 400), 'Not so.', 'Not so.'],
      ['status 401', new HttpException('Who?', 401), 'Who?', 'Who?'],
      ['a Refusal', new Refusal(), 'Unauthorized.', 'Authentication failed.'],
    ])(
      '%s where it is decided says as much as over HTTP',
      async (_what, thrown, subscribing, authenticating) => {
        expect(await outcome('authorizer', () => refuse(thrown))).toMatchObject({ error: subscribing });
        client.drop();
        await app.stop();
        expect(await outcome('validateTicket', () => refuse(thrown))).toMatchObject({
          error: authenticating,
        });
      },
    );

    it('an error at a renewal ends nothing as long as there is grace; a refusal does', async () => {
      let asked = 0;
      const authorizer = (): unknown => {
        if (++asked === 1) return true;
        return refuse(asked < 5 ? new RangeError('secret') : new HttpException('Not any more.', 403));
      };
      const rules = { ...PERIODS, requireAuthentication: false, authorizationRenewalPeriod: '10ms' } as const;
      const topic = booksTopic({ ...rules, authorizationGrace: '1h' }, (kind) =>
        kind === 'authorizer' ? authorizer() : undefined,
      );
      app = await start({ providers: [topic] });
      client = await TestClient.connect(app.url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      expect(await client.next()).toMatchObject({ event: 'unsubscribe', error: 'Not any more.' });
      expect(asked).toBe(5);
    });

    it('what cannot be JSON has done what it was told', async () => {
      await outcome('onSubscribe', () => ({ row: 1n }));
      await client.settled();
      const metrics = await (await fetch(`${app.httpUrl}/kittiwake/metrics`)).text();
      expect(metrics).toMatch(/callback_seconds_count\{.*callback="onSubscribe".*outcome="ok"\} 1\n/);
    });

    it('false ends the subscription when its authorization has changed', async () => {
      const answers: Partial<Record<Kind, () => unknown>> = {
        authorizer: () => ({ role: Math.random() }),
        onAuthorizationChange: () => false,
      };
      const rules = { ...PERIODS, requireAuthentication: false, authorizerFields: ['role'] };
      const topic = booksTopic({ ...rules, authorizationRenewalPeriod: '10ms' }, (kind) => answers[kind]?.());
      app = await start({ providers: [topic] });
      client = await TestClient.connect(app.url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      expect(await client.next()).toMatchObject({ event: 'unsubscribe', error: 'Unhandled exception.' });
    });

    it('an order that is not a number does not subscribe', async () => {
      const answer = await outcome('beforeSubscribe', () => new TopicState('s', { order: Number.NaN }));
      expect(answer).toMatchObject({ status: 'error', error: 'Service unavailable.' });
    });
  });
});

const PERIODS: TopicServiceRules = { authorizationRenewalPeriod: '1h', heartbeatPeriod: '1h' };

async function start(metadata: ModuleMetadata): Promise<TestApp> {
  const options = { ...OPTIONS, operators: { path: '/kittiwake' } };
  return TestApp.listen(await createApp(moduleOf(metadata, options), new KeptLog()));
}

function cycle(): object {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

function refuse(reason: unknown): never {
  // oxlint-disable-next-line typescript/only-throw-error -- providers may throw anything
  throw reason;
}

/** The app's side over HTTP: each kind of callback has its path. */
function respond(script: Script): AppHandler {
  return (response, { path, body, headers }) => {
    const kind = path!.slice(1) as Kind;
    const fields = JSON.parse(body) as Record<string, unknown>;
    const [id, reason] = [headers['idempotency-key'], headers['kittiwake-reason']];
    const end = id === undefined ? undefined : ({ id, reason } as CallbackEnd);
    const dataText = membersOf(body).get('data');
    const { answer, cancelled } = script.take({ kind, fields, dataText, end });
    if (answer === 'hanging') {
      response.on('close', () => cancelled.resolve());
      void script.released.then(() => answerJson(response));
    } else answerJson(response, answer === 'nonsense' ? '["ok"]' : wireText(answer));
  };
}

function wireText(answer: Exclude<Answer, string>): string {
  if ('refusal' in answer) {
    return JSON.stringify({ status: 'error', error: answer.refusal, data: answer.data });
  }
  const { data, order, fields } = answer;
  const options = order === undefined ? '' : `,"options":{"order":${order}}`;
  return `${JSON.stringify({ status: 'ok', data, ...fields }).slice(0, -1)}${options}}`;
}

/** The app's side in process. */
async function provide(script: Script, kind: Kind, request: CallbackRequest): Promise<unknown> {
  const { fields, signal, end } = request;
  const { answer, cancelled } = script.take({ kind, fields, dataText: request.text('data'), end });
  if (answer === 'nonsense') return { self: 1n };
  if (answer === 'hanging') {
    signal.addEventListener('abort', () => cancelled.resolve());
    return script.released;
  }
  if ('refusal' in answer) throw new Refusal(answer.refusal, answer.data);
  if (answer.order !== undefined) return new TopicState(answer.data, { order: answer.order });
  return answer.fields ?? answer.data;
}

/** A service with a method for each kind of callback, all of which do the same. */
function booksTopic(
  rules: TopicServiceRules,
  ask: (kind: Kind, request: CallbackRequest) => unknown,
): new () => object {
  @TopicService('books', rules)
  class BooksTopic {
    @ValidateTicket()
    validateTicket(request: CallbackRequest): unknown {
      return ask('validateTicket', request);
    }

    @Authorize()
    authorizer(request: CallbackRequest): unknown {
      return ask('authorizer', request);
    }

    @BeforeSubscribe()
    beforeSubscribe(request: CallbackRequest): unknown {
      return ask('beforeSubscribe', request);
    }

    @OnSubscribe()
    onSubscribe(request: CallbackRequest): unknown {
      return ask('onSubscribe', request);
    }

    @OnMessage()
    onMessage(request: CallbackRequest): unknown {
      return ask('onMessage', request);
    }

    @BeforeUnsubscribe()
    beforeUnsubscribe(request: CallbackRequest): unknown {
      return ask('beforeUnsubscribe', request);
    }

    @OnUnsubscribe()
    onUnsubscribe(request: CallbackRequest): unknown {
      return ask('onUnsubscribe', request);
    }

    @OnAuthorizationChange()
    onAuthorizationChange(request: CallbackRequest): unknown {
      return ask('onAuthorizationChange', request);
    }

    @OnHeartbeat()
    onHeartbeat(request: CallbackRequest): unknown {
      return ask('onHeartbeat', request);
    }
  }
  return BooksTopic;
}
