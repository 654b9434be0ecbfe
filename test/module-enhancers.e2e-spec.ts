import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  type Provider,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { IsInt, IsString, Min } from 'class-validator';
import { catchError, concat, map, type Observable, of, timer } from 'rxjs';
import {
  Authorize,
  BeforeSubscribe,
  Callback,
  CallbackRequest,
  Kittiwake,
  MessageData,
  type MessageRequest,
  OnMessage,
  Procedure,
  Refusal,
  TopicState,
  type SubscriptionRequest,
  type TicketRequest,
  TopicService,
  ValidateTicket,
} from '../src/index.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { TestClient } from './support/client.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';

const ANYBODY = { requireAuthentication: false };
const SUBSCRIBE = { event: 'subscribe', subscription: 'books.1' };
const MESSAGE = { event: 'message', subscription: 'books.1', data: 1 };
const UNAVAILABLE = { status: 'error', error: 'Service unavailable.' };

class Order {
  @IsString()
  title!: string;

  @IsInt()
  @Min(1)
  copies!: number;
}

@TopicService('books', ANYBODY)
class Echo {
  @OnMessage()
  echo({ data }: MessageRequest): unknown {
    return data;
  }
}

@TopicService('books', ANYBODY)
class Broken {
  @OnMessage()
  fail(): unknown {
    return (undefined as unknown as { secret: unknown }).secret;
  }
}

@Controller('books')
class BooksController {
  @Get()
  list(): { books: number } {
    return { books: 3 };
  }
}

describe('a topic service has', () => {
  const log = new KeptLog();
  let app: TestApp | undefined;
  let client: TestClient;

  beforeEach(() => {
    log.errors.length = 0;
    log.warnings.length = 0;
  });
  afterEach(async () => {
    client.drop();
    await app?.stop();
    app = undefined;
  });

  async function start(...providers: Provider[]): Promise<void> {
    app = await TestApp.listen(await createApp(moduleOf({ providers, controllers: [BooksController] }), log));
    client = await TestClient.connect(app.url);
  }

  /** What a subscriber's message is answered. */
  async function answerTo(data: unknown, ...providers: Provider[]): Promise<Record<string, unknown>> {
    await start(...providers);
    expect(await client.ask(SUBSCRIBE)).toMatchObject({ status: 'ok' });
    return client.ask({ ...MESSAGE, data });
  }

  describe('guards that', () => {
    class Deny implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }

    it('deny a message', async () => {
      @TopicService('books', ANYBODY)
      class Guarded {
        @OnMessage()
        @UseGuards(Deny)
        take(): string {
          return 'taken';
        }
      }
      const answer = await answerTo(1, Guarded);
      expect(answer).toMatchObject({ status: 'error', error: 'Forbidden resource' });
      expect(log.errors).toEqual([]);
    });

    it('deny a subscription, for the whole class', async () => {
      @TopicService('books', ANYBODY)
      @UseGuards(Deny)
      class Guarded {
        @Authorize()
        authorize(): boolean {
          return true;
        }
      }
      await start(Guarded);
      expect(await client.ask(SUBSCRIBE)).toMatchObject({ status: 'error', error: 'Forbidden resource' });
    });

    it('say why', async () => {
      class SignIn implements CanActivate {
        canActivate(): boolean {
          throw new UnauthorizedException('Sign in first.');
        }
      }
      @TopicService('books', ANYBODY)
      class Guarded extends Echo {
        @OnMessage()
        @UseGuards(SignIn)
        override echo(request: MessageRequest): unknown {
          return super.echo(request);
        }
      }
      expect(await answerTo(1, Guarded)).toMatchObject({ error: 'Sign in first.' });
    });

    it('get their dependencies, the request, the method and the class', async () => {
      @Injectable()
      class Seen {
        readonly contexts: unknown[] = [];
      }
      @Injectable()
      class Watch implements CanActivate {
        constructor(private readonly seen: Seen) {}

        canActivate(context: ExecutionContext): boolean {
          const { fields } = CallbackRequest.of(context)!;
          this.seen.contexts.push([
            context.getType(),
            context.getClass().name,
            context.getHandler().name,
            fields,
          ]);
          return true;
        }
      }
      @TopicService('books', ANYBODY)
      class Guarded {
        @OnMessage()
        @UseGuards(Watch)
        take(): void {
          // nothing to do
        }
      }
      await start(Guarded, Seen);
      await client.ask(SUBSCRIBE);
      await client.send(MESSAGE).settled();
      const { contexts } = app!.app.get(Seen);
      expect(contexts).toEqual([['kittiwake', 'Guarded', 'take', { subscription: 'books.1', data: 1 }]]);
    });

    it('work for the whole app, and tell callbacks from HTTP by the type of the context', async () => {
      const types: string[] = [];
      const useValue: CanActivate = {
        canActivate: (context) => {
          types.push(context.getType());
          return context.getType<string>() !== 'kittiwake';
        },
      };
      const answer = await answerTo(1, Echo, { provide: APP_GUARD, useValue });
      expect(answer).toMatchObject({ status: 'error', error: 'Forbidden resource' });
      expect(await app!.fetch('GET', '/books')).toEqual({ status: 200, body: { books: 3 } });
      expect(types).toEqual(['kittiwake', 'http']);
    });

    it('know HTTP alone, and then have no request', async () => {
      const useValue: CanActivate = { canActivate: (context) => CallbackRequest.of(context) !== undefined };
      expect(await answerTo(1, Echo, { provide: APP_GUARD, useValue })).toMatchObject({ data: 1 });
      expect((await app!.fetch('GET', '/books')).status).toBe(403);
    });
  });

  describe('pipes that', () => {
    const RULES = 'title must be a string; copies must not be less than 1; copies must be an integer number';

    @TopicService('books', ANYBODY)
    class Orders {
      @OnMessage()
      order(@MessageData() order: Order, @Callback() { topic, data }: MessageRequest): unknown {
        return { topic, data, order, isOrder: order instanceof Order };
      }
    }

    it.each([{}, null, 'text', { title: 1, copies: 'a' }])(
      'refuse %j by the rules of a class',
      async (data) => {
        const pipe = { provide: APP_PIPE, useValue: new ValidationPipe() };
        expect(await answerTo(data, Orders, pipe)).toMatchObject({ status: 'error', error: RULES });
        expect(log.errors).toEqual([]);
      },
    );

    it('refuse with messages by property', async () => {
      const useValue = new ValidationPipe({ errorFormat: 'grouped' });
      expect(await answerTo({}, Orders, { provide: APP_PIPE, useValue })).toMatchObject({ error: RULES });
    });

    it('make an instance of the class, and leave the request as it came', async () => {
      const useValue = new ValidationPipe({ transform: true, whitelist: true });
      const data = { title: 'T', copies: 2, more: true };
      expect(await answerTo(data, Orders, { provide: APP_PIPE, useValue })).toMatchObject({
        data: { topic: '1', data, order: { title: 'T', copies: 2 }, isOrder: true },
      });
    });

    it('belong to one parameter', async () => {
      @TopicService('books', ANYBODY)
      class OneParameter {
        @OnMessage()
        order(@MessageData(ValidationPipe) order: Order): unknown {
          return order;
        }
      }
      expect(await answerTo({}, OneParameter)).toMatchObject({ error: RULES });
    });

    it('belong to one method', async () => {
      @TopicService('books', ANYBODY)
      class OneMethod {
        @OnMessage()
        @UsePipes(ValidationPipe)
        order(@MessageData() order: Order): unknown {
          return order;
        }
      }
      expect(await answerTo({}, OneMethod)).toMatchObject({ error: RULES });
    });

    it("belong to the app's own parameter decorators", async () => {
      const Topic = createParamDecorator(
        (_data, context) => CallbackRequest.of(context)!.fields.subscription,
      );
      @TopicService('books', ANYBODY)
      class WithTopic {
        @OnMessage()
        take(@Topic({ transform: (topic: string) => topic.toUpperCase() }) topic: string): string {
          return topic;
        }
      }
      expect(await answerTo(1, WithTopic)).toMatchObject({ data: 'BOOKS.1' });
    });
  });

  describe('interceptors that', () => {
    class Wrap implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        const type = context.getType<string>();
        return next.handle().pipe(map((value: unknown) => ({ type, value })));
      }
    }

    it('map the result', async () => {
      @TopicService('books', ANYBODY)
      class Wrapped {
        @OnMessage()
        @UseInterceptors(Wrap)
        async take(): Promise<string> {
          return 'taken';
        }
      }
      expect(await answerTo(1, Wrapped)).toMatchObject({ data: { type: 'kittiwake', value: 'taken' } });
    });

    it('work for the whole app, and not on what clients send to Kittiwake', async () => {
      const answer = await answerTo(1, Echo, { provide: APP_INTERCEPTOR, useClass: Wrap });
      expect(answer).toEqual({
        ...SUBSCRIBE,
        ...MESSAGE,
        status: 'ok',
        data: { type: 'kittiwake', value: 1 },
      });
      expect(await app!.fetch('GET', '/books')).toMatchObject({
        body: { type: 'http', value: { books: 3 } },
      });
    });

    /** As apps have them for HTTP. */
    const envelope: Provider = {
      provide: APP_INTERCEPTOR,
      useValue: {
        intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ success: true, data }))),
      } satisfies NestInterceptor,
    };

    /** It lost the order, and clients got older publications after the state. */
    it('map a state, whose order stays', async () => {
      @TopicService('books', ANYBODY)
      class Ordered {
        @BeforeSubscribe()
        state(): TopicState {
          return new TopicState({ price: 5 }, { order: 5 });
        }
      }
      await start(Ordered, envelope);
      const data = { success: true, data: { price: 5 } };
      expect(await client.ask(SUBSCRIBE)).toMatchObject({ status: 'ok', data });
      for (const order of [4, 6]) await app!.app.get(Kittiwake).publish('books.1', { order }, { order });
      expect(await client.next()).toMatchObject({ data: { order: 6 } });
    });

    /** A no in an envelope was taken for a yes. */
    it.each([false, null])('wrap what an authorizer returned do not make a yes of %j', async (decision) => {
      @TopicService('books', ANYBODY)
      class Refusing {
        @Authorize()
        authorize(): false | null {
          return decision as false | null;
        }
      }
      await start(Refusing, envelope);
      for (const _ of [1, 2]) expect(await client.ask(SUBSCRIBE)).toMatchObject({ status: 'error' });
      expect(log.warnings).toEqual([
        expect.stringMatching(/^what Refusing\.authorize returns counts as it is/),
      ]);
    });

    it('wrap what decides leave who a client is', async () => {
      @TopicService('books')
      class OwnBooks {
        @ValidateTicket()
        validate({ ticket }: TicketRequest): object | null {
          return ticket === 'good' ? { user_id: 7 } : null;
        }

        @Authorize()
        authorize({ fields }: SubscriptionRequest): boolean {
          return fields.user_id === 7;
        }
      }
      await start(OwnBooks, envelope);
      const auth = { event: 'auth', method: 'ticket' };
      expect(await client.ask({ ...auth, ticket: 'bad' })).toMatchObject({ status: 'error' });
      expect(await client.ask({ ...auth, ticket: 'good' })).toMatchObject({ status: 'ok' });
      expect(await client.ask(SUBSCRIBE)).toMatchObject({ status: 'ok' });
    });

    it('answer in place of an error', async () => {
      const useValue: NestInterceptor = {
        intercept: (_context, next) => next.handle().pipe(catchError(() => of('instead'))),
      };
      expect(await answerTo(1, Broken, { provide: APP_INTERCEPTOR, useValue })).toMatchObject({
        data: 'instead',
      });
    });
  });

  it('Observables as results, of which the last value counts', async () => {
    @TopicService('books', ANYBODY)
    class Late {
      @OnMessage()
      take(): Observable<unknown> {
        return concat(of('first'), timer(1).pipe(map(() => 'last')));
      }
    }
    expect(await answerTo(1, Late)).toMatchObject({ data: 'last' });
  });

  describe('exception filters that', () => {
    @Catch(TypeError)
    class Answering implements ExceptionFilter {
      catch(_exception: TypeError, host: ArgumentsHost): unknown {
        return { caught: host.getType<string>() };
      }
    }

    @Catch()
    class Rethrowing implements ExceptionFilter {
      catch(exception: unknown): never {
        throw exception instanceof TypeError ? new Refusal('Come back later.', { in: 5 }) : exception;
      }
    }

    @TopicService('books', ANYBODY)
    class Fails extends Broken {
      @OnMessage()
      @UseFilters(Answering)
      override fail(): unknown {
        return super.fail();
      }
    }

    it('return a value answer with it', async () => {
      expect(await answerTo(1, Fails)).toMatchObject({ status: 'ok', data: { caught: 'kittiwake' } });
      expect(log.errors).toEqual([]);
    });

    it('throw a refusal refuse with it', async () => {
      const answer = await answerTo(1, Broken, { provide: APP_FILTER, useClass: Rethrowing });
      expect(answer).toMatchObject({ status: 'error', error: 'Come back later.', data: { in: 5 } });
      expect(log.errors).toEqual([]);
    });

    it('know the request and its client, which gets its own id back', async () => {
      const seen: unknown[] = [];
      @Catch()
      class Noting implements ExceptionFilter {
        catch(exception: unknown, host: ArgumentsHost): never {
          const { callback, connectionId, fields } = CallbackRequest.of(host)!;
          seen.push({ callback, connectionId, fields });
          throw exception;
        }
      }
      await start(Broken, { provide: APP_FILTER, useClass: Noting });
      client.drop();
      client = await TestClient.connect(app!.url, ['kittiwake.v1.json']);
      const { connection_id: connectionId } = await client.greeting();
      await client.ask(SUBSCRIBE);
      expect(await client.ask({ ...MESSAGE, id: 'm1' })).toEqual({
        event: 'message',
        subscription: 'books.1',
        id: 'm1',
        code: 'service_unavailable',
        ...UNAVAILABLE,
      });
      expect(seen).toEqual([
        { callback: 'onMessage', connectionId, fields: { subscription: 'books.1', data: 1 } },
      ]);
      expect(log.errors).toEqual([expect.stringContaining(`(connection ${String(connectionId)})\n`)]);
    });

    it('throw a defect again leave it to the log', async () => {
      @Catch()
      class Passing implements ExceptionFilter {
        catch(exception: unknown): never {
          throw exception;
        }
      }
      expect(await answerTo(1, Broken, { provide: APP_FILTER, useClass: Passing })).toMatchObject(
        UNAVAILABLE,
      );
      expect(log.errors).toEqual([
        expect.stringMatching(/Broken\.fail failed: TypeError: .*\n +at Broken\b/),
      ]);
    });

    /** Clients were told of an unhandled exception in place of the refusal. */
    it('know HTTP alone, and fail, and are passed over', async () => {
      @Catch(BadRequestException)
      class HttpOnly implements ExceptionFilter {
        catch(_exception: unknown, host: ArgumentsHost): void {
          host.switchToHttp().getResponse<{ status(code: number): void }>().status(400);
        }
      }
      @TopicService('books', ANYBODY)
      class Refusing {
        @OnMessage()
        take(): never {
          throw new BadRequestException('Not so.');
        }
      }
      expect(await answerTo(1, Refusing, { provide: APP_FILTER, useClass: HttpOnly })).toMatchObject({
        status: 'error',
        error: 'Not so.',
      });
      await client.send({ ...MESSAGE, data: 2 }).settled();
      expect(log.errors).toEqual([]);
      expect(log.warnings).toEqual([
        expect.stringMatching(
          /^an exception filter of the app failed on what Refusing\.take threw, .*getType/,
        ),
      ]);
    });
  });

  it('a log of its defects, which clients are not told of', async () => {
    expect(await answerTo(1, Broken)).toEqual({ ...SUBSCRIBE, ...MESSAGE, data: undefined, ...UNAVAILABLE });
    expect(await client.settled()).toEqual([]);
    expect(log.errors).toEqual([
      expect.stringMatching(/^Broken\.fail failed: TypeError: .*'secret'.*\n +at Broken\b/),
    ]);
  });

  it('a log of its defects, and of those of procedures, that names the connection', async () => {
    class Calls {
      @Procedure({ public: true })
      boom(): never {
        throw new Error('boom');
      }
    }
    const options = { ...OPTIONS, procedures: {} };
    app = await TestApp.listen(await createApp(moduleOf({ providers: [Broken, Calls] }, options), log));
    client = await TestClient.connect(app.url, [KITTIWAKE_V1]);
    const { connection_id: id } = await client.greeting();
    for (const event of [SUBSCRIBE, { ...MESSAGE, data: 1 }, { event: 'call', id: 1, procedure: 'boom' }])
      await client.ask(event);
    expect(log.errors).toEqual([
      expect.stringMatching(`^Broken\\.fail failed: .+ \\(connection ${id as string}\\)\n`),
      expect.stringMatching(`^Calls\\.boom failed: Error: boom \\(connection ${id as string}\\)\n`),
    ]);
  });

  it('no log of what it refuses', async () => {
    @TopicService('books', ANYBODY)
    class Refusing {
      @OnMessage()
      take(): never {
        throw new Refusal('Not so.');
      }
    }
    expect(await answerTo(1, Refusing)).toMatchObject({ error: 'Not so.' });
    expect(log.errors).toEqual([]);
  });
});
