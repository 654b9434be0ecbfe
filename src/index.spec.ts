import {
  ProcedureArg,
  Authorize,
  CurrentCall,
  type CallbackRequest,
  type Kittiwake,
  KittiwakeModule,
  type KittiwakeOptions,
  MessageData,
  type MessageRequest,
  NeedInfo,
  OnMessage,
  ProcedureParams,
  Procedure,
  type ProcedureCall,
  ProcedureError,
  ProcedureRedirect,
  Refusal,
  ProcedureResult,
  TopicState,
  SubscriptionRequest,
  TicketRequest,
  TopicService,
  type TopicServiceRules,
  TypedResult,
  ValidateTicket,
} from './index.js';

interface Order {
  readonly copies: number;
}

/** Types that compile, and those that must not. Nothing here is called. */
const compiled = {
  options: (): KittiwakeOptions[] => [
    { server: { port: 0 }, callbacks: { timeout: '15s', tries: undefined } },
    { limits: { frameBytes: '64KiB' }, services: { books: { authorizer: 'http://app/authorize' } } },
    // @ts-expect-error -- a key that there is not
    { sever: { port: 0 } },
    // @ts-expect-error -- a key that there is not, further in
    { server: { prot: 0 } },
    // @ts-expect-error -- a time without its unit
    { callbacks: { timeout: 15 } },
    // @ts-expect-error -- a time under its name in the settings
    { callbacks: { timeoutMs: 15 } },
    // @ts-expect-error -- a broker that there is not
    { broker: { kind: 'kafka' } },
  ],

  rules: (): TopicServiceRules[] => [
    { extraFields: ['lang'], authorizationRenewalPeriod: '10m', heartbeatPeriod: '1m' },
    // @ts-expect-error -- callbacks are methods here, not URLs
    { authorizer: 'http://app/authorize' },
    // @ts-expect-error -- nobody is asked over HTTP
    { headers: { 'X-Key': 'k' } },
    // @ts-expect-error -- a time without its unit
    { heartbeatPeriod: 60 },
  ],

  module: () => [
    KittiwakeModule.forRoot(),
    KittiwakeModule.forRootAsync({
      inject: ['PATH'],
      useFactory: (path: string) => ({ topics: { path } }),
    }),
    KittiwakeModule.forRootAsync({ useFactory: async () => ({ broker: { kind: 'redis' } }) }),
    // @ts-expect-error -- options of a wrong type
    KittiwakeModule.forRootAsync({ useFactory: () => ({ topics: { path: 5 } }) }),
    // @ts-expect-error -- no options at all
    KittiwakeModule.forRootAsync({ imports: [] }),
  ],

  publish: (kittiwake: Kittiwake, version: number | undefined) => [
    kittiwake.publish('books.1', { title: 'T' }, { order: 2n, orderKey: 'k', throttle: 0.5 }),
    kittiwake.publish('books.1', null, { order: version, publishedAt: new Date(), fields: { user_id: 7 } }),
    // @ts-expect-error -- a topic is a text
    kittiwake.publish(['books', '1'], null),
    // @ts-expect-error -- there is always data
    kittiwake.publish('books.1'),
    // @ts-expect-error -- an order is a number
    kittiwake.publish('books.1', null, { order: '2' }),
    // @ts-expect-error -- the names of the wire are not those of the code
    kittiwake.publish('books.1', null, { order_key: 'k' }),
  ],

  state: (version: number | undefined): TopicState<Order>[] => [
    new TopicState({ copies: 1 }, { order: version, orderKey: 1, throttle: 1 }),
    // @ts-expect-error -- another state than was promised
    new TopicState({ copies: 'one' }),
    // @ts-expect-error -- an order is a number
    new TopicState({ copies: 1 }, { order: '2' }),
  ],

  requests: (ticket: TicketRequest, request: MessageRequest<Order>, any: MessageRequest) => {
    const known: [number, string, string, AbortSignal] = [
      request.data.copies,
      request.subscription,
      request.topic,
      request.signal,
    ];
    const asked: CallbackRequest[] = [ticket, request, any];
    const made: MessageRequest<Order> = SubscriptionRequest.from({
      subscription: 'books.1',
      data: { copies: 2 },
    });
    // @ts-expect-error -- every request is about a subscription
    SubscriptionRequest.from({ data: 1 });
    // @ts-expect-error -- nobody has checked what the client sent
    const data: Order = any.data;
    // @ts-expect-error -- nor what the fields are
    const userId: string = request.fields.user_id;
    // @ts-expect-error -- nor what it gave for a ticket
    const text: string = ticket.ticket;
    // @ts-expect-error -- a ticket is not about a subscription
    const { topic } = ticket;
    // @ts-expect-error -- the fields are not the provider's to change
    request.fields.user_id = 7;
    return [known, asked, made, data, userId, text, topic];
  },

  refusals: () => [
    new Refusal(),
    new Refusal('No.', { until: 5 }),
    // @ts-expect-error -- the text is a text
    new Refusal({ until: 5 }),
  ],

  decorators: () => {
    @TopicService('books')
    class Books {
      @Authorize()
      authorize({ topic }: SubscriptionRequest): boolean {
        return topic === '1';
      }

      @OnMessage()
      take(@MessageData() order: Order): number {
        return order.copies;
      }

      @ValidateTicket()
      validate({ ticket }: TicketRequest): object | undefined {
        return ticket === 'T' ? {} : undefined;
      }
    }
    // @ts-expect-error -- a decorator of methods
    Authorize()(Books);
    // @ts-expect-error -- a decorator of classes
    TopicService('books')(Books.prototype, 'take', {});
    return Books;
  },

  procedures: () => {
    class Sums {
      @Procedure({ public: true, deadline: '15s', parameters: { a: 'int', b: { namedOnly: true } } })
      async *count(@CurrentCall() { signal, fields }: ProcedureCall, @ProcedureArg('n') a: number, b = 1) {
        // @ts-expect-error -- nobody has checked what the fields are
        const userId: string = fields.user_id;
        yield [a, b, signal.aborted, userId];
      }

      @Procedure()
      fail(@ProcedureParams() all: Order): never {
        throw new NeedInfo(`How many of ${all.copies}?`, [{ name: 'copies', type: 'text' }]);
      }
    }
    // @ts-expect-error -- a type that there is not
    Procedure({ parameters: { a: 'number' } });
    // @ts-expect-error -- a time without its unit is a number
    Procedure({ deadline: 15 });
    // @ts-expect-error -- somebody that there is not
    Procedure({ access: 'everybody' });
    // @ts-expect-error -- a decorator of methods
    Procedure()(Sums);
    return [
      Sums,
      new TypedResult('<p>', 'text/html'),
      new ProcedureResult(null),
      new ProcedureRedirect('/'),
      new ProcedureError(1),
    ];
  },
};

void compiled;

describe('a request of fields', () => {
  it('is what a test of a provider needs', () => {
    const { signal } = new AbortController();
    const request = SubscriptionRequest.from({ subscription: 'books.a.b', user_id: 7, data: [1] }, signal);
    expect([request.subscription, request.topic, request.data]).toEqual(['books.a.b', 'a.b', [1]]);
    expect(request.fields).toEqual({ subscription: 'books.a.b', user_id: 7, data: [1] });
    expect(request.text('user_id')).toBe('7');
    expect(request.text('other')).toBeUndefined();
    expect(request.signal).toBe(signal);
  });

  it('has no data when none is given', () => {
    expect(SubscriptionRequest.from({ subscription: 'books.1' }).data).toBeUndefined();
  });

  it('has a ticket of any type', () => {
    expect(TicketRequest.from({ id: 'T' }).ticket).toEqual({ id: 'T' });
  });
});
