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
  HttpException,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  type Provider,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import {
  catchError,
  concat,
  EMPTY,
  filter,
  from,
  interval,
  map,
  mergeMap,
  type Observable,
  of,
  tap,
  throwError,
} from 'rxjs';
import {
  ProcedureArg,
  CurrentCall,
  Callback,
  CallbackRequest,
  MessageData,
  NeedInfo,
  OnCallerConnect,
  OnCallerDisconnect,
  ProcedureParams,
  Procedure,
  ProcedureCall,
  ProcedureError,
  Refusal,
  TypedResult,
} from '../src/index.js';
import { CallerHooks } from '../src/procedures/methods/caller-hooks.js';
import { ConversionError } from '../src/procedures/calls/conversion-error.js';
import { toJsonText } from '../src/protocol/json/json.js';
import { TestProcedures, WITH_PROCEDURES } from './support/calls.js';
import { rejection } from './support/http-callers.js';
import { OPTIONS } from './support/nest-app.js';
import { deferred, eventually } from './support/wait.js';

let app: TestProcedures | undefined;

afterEach(async () => {
  await app?.stop();
  app = undefined;
});

async function start(...providers: Provider[]): Promise<TestProcedures> {
  return (app = await TestProcedures.start(providers));
}

/** Why an app with these providers does not start. */
async function failure(providers: Provider[], options = WITH_PROCEDURES): Promise<string> {
  return ((await rejection(TestProcedures.start(providers, options))) as Error).message;
}

describe('a method that is a procedure', () => {
  class Sums {
    private readonly start = 100;

    @Procedure()
    add(a: number, b: number): number {
      return a + b;
    }

    @Procedure({ name: 'sums.later', description: 'Adds,\nlater.' })
    async later(a: number, b = 5): Promise<number> {
      return this.start + a + b;
    }

    @Procedure({ public: true })
    async *count(to: number, call: number = 0) {
      for (let i = call; i < to; i++) yield i;
      return 'done';
    }

    @Procedure()
    several(): Observable<number> {
      return from([1, 2]);
    }

    @Procedure()
    nothing(): void {
      // nothing
    }

    @Procedure()
    page(): TypedResult {
      return new TypedResult('<p>', 'text/html');
    }

    hidden(): number {
      return 1;
    }
  }

  it('is called by position and by name, on its provider', async () => {
    await start(Sums);
    expect(await app!.call('add', 1, 2)).toBe(3);
    expect(await app!.callNamed('add', { b: 2, a: 1 })).toBe(3);
    expect(await app!.call('sums.later', 1)).toBe(106);
    expect(await app!.call('sums.later', 1, 2)).toBe(103);
    expect(await app!.call('nothing')).toBeUndefined();
    expect(await app!.call('page')).toBeInstanceOf(TypedResult);
  });

  it('gives a stream as a generator and as an Observable', async () => {
    await start(Sums);
    expect(await app!.drain('count', 3)).toEqual({ results: [0, 1, 2], last: 'done' });
    expect(await app!.drain('count', 3, 2)).toEqual({ results: [2], last: 'done' });
    expect(await app!.drain('several')).toEqual({ results: [1, 2], last: undefined });
  });

  it('says in its signature what callers are to know', async () => {
    await start(Sums);
    expect(app!.signature('add')).toMatchObject({
      name: 'add',
      access: 'private',
      returns: 'float',
      isStream: false,
      isRaw: false,
      rest: { positional: false, named: false },
      parameters: [
        { name: 'a', type: 'float', isOptional: false, isNamedOnly: false },
        { name: 'b', type: 'float', isOptional: false, isNamedOnly: false },
      ],
    });
    expect(app!.signature('sums.later')).toMatchObject({
      description: 'Adds,\nlater.',
      parameters: [{}, { isOptional: true }],
    });
    expect(app!.signature('count')).toMatchObject({ access: 'public', isStream: true });
  });

  it('is called with the wrong arguments', async () => {
    await start(Sums);
    await expect(app!.call('add', 1)).rejects.toMatchObject({
      message: 'number of arguments mismatch in the add function call',
    });
    await expect(app!.call('add', 1, 2, 3)).rejects.toMatchObject({ code: 'arguments_mismatch' });
    await expect(app!.callNamed('add', { a: 1, c: 2 })).rejects.toMatchObject({ code: 'arguments_mismatch' });
    await expect(app!.call('add', 1, 'x')).rejects.toMatchObject({
      code: 'procedure_failed',
      cause: expect.any(ConversionError) as unknown,
    });
  });

  it('is the only kind that is called', async () => {
    await start(Sums);
    for (const name of ['hidden', 'later', 'constructor', 'toString', 'start', ''])
      await expect(app!.call(name)).rejects.toMatchObject({ message: `the ${name} function is undefined` });
  });

  it('is private unless it says otherwise', async () => {
    await start(Sums);
    await expect(app!.answer('add', { positional: [1, 2], identity: null })).rejects.toMatchObject({
      code: 'procedure_undefined',
    });
    await expect(app!.answer('count', { positional: [1], identity: null })).resolves.toHaveProperty('stream');
    await expect(
      app!.answer('add', { positional: [1, 2], identity: null, isService: true }),
    ).resolves.toEqual({
      value: 3,
    });
  });
});

describe('the types of parameters', () => {
  class Typed {
    @Procedure()
    all(
      n: number,
      i: bigint,
      s: string,
      b: boolean,
      d: Buffer,
      u: Uint8Array,
      x: unknown,
      l: string[],
    ): unknown {
      return [n, i, s, b, d, u, x, l];
    }

    @Procedure({
      parameters: { i: 'int', s: 'any', n: { type: 'float', optional: true }, x: { namedOnly: true } },
    })
    ruled(i: number, s: string, n?: number, x = 'ex'): unknown {
      return [i, s, n, x];
    }

    @Procedure({ parameters: { labels: 'others' } })
    metrics(openmetrics: boolean = false, labels: ReadonlyMap<string, unknown>): unknown {
      return [openmetrics, labels];
    }

    @Procedure()
    tail(first: string, ...more: string[]): unknown {
      return [first, more];
    }
  }

  it('are those that TypeScript has emitted', async () => {
    await start(Typed);
    expect(app!.signature('all').parameters.map(({ type }) => type)).toEqual([
      'float',
      'int',
      'str',
      'bool',
      'bytes',
      'bytes',
      undefined,
      undefined,
    ]);
    const given = ['1.5', '0x10', Buffer.from('s'), 'yes', 'd', 'u', '0x10', ['0x10']];
    expect(await app!.call('all', ...given)).toEqual([
      1.5,
      16n,
      's',
      true,
      Buffer.from('d'),
      Buffer.from('u'),
      '0x10',
      ['0x10'],
    ]);
  });

  it('are those of the options, if these say something', async () => {
    await start(Typed);
    expect(await app!.call('ruled', '0x10', 5)).toEqual([16, 5, undefined, 'ex']);
    expect(await app!.callNamed('ruled', { i: 1.9, s: null, n: '2', x: 3 })).toEqual([1, null, 2, 3]);
    await expect(app!.call('ruled', 1, 2, 3, 4)).rejects.toMatchObject({ code: 'arguments_mismatch' });
  });

  it('leave arguments of any other name to one that is for them', async () => {
    await start(Typed);
    expect(await app!.callNamed('metrics', { openmetrics: 'y', job: 'x' })).toEqual([
      true,
      new Map([['job', 'x']]),
    ]);
    expect(await app!.call('metrics')).toEqual([false, new Map()]);
  });

  it('leave the rest to a rest parameter', async () => {
    await start(Typed);
    expect(await app!.call('tail', 'a', 'b', 'c')).toEqual(['a', ['b', 'c']]);
    expect(await app!.callNamed('tail', { first: 'a' })).toEqual(['a', []]);
  });

  it('are none in plain JavaScript, unless they are named', async () => {
    class Plain {
      echo(value: unknown, i: unknown = 1): unknown {
        return [value, i];
      }
    }
    Procedure({ parameters: { i: 'int' } })(
      Plain.prototype,
      'echo',
      Object.getOwnPropertyDescriptor(Plain.prototype, 'echo')!,
    );
    await start(Plain);
    expect(await app!.call('echo', '0x10', '0x10')).toEqual(['0x10', 16]);
    expect(await app!.call('echo', null)).toEqual([null, 1]);
  });

  it('are named by the options where the source does not tell them', async () => {
    const logged = (_target: object, _name: string | symbol, descriptor: PropertyDescriptor): void => {
      const original = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = function (this: unknown, ...args: unknown[]) {
        return original.apply(this, args);
      };
    };
    class Wrapped {
      @Procedure({ parameters: { a: 'int', b: { type: 'int', optional: true } } })
      @logged
      add(a: number, b = 2): number {
        return a + b;
      }
    }
    await start(Wrapped);
    expect(await app!.call('add', '1')).toBe(3);
    expect(await app!.callNamed('add', { b: '3', a: 1 })).toBe(4);
  });
});

describe('decorated parameters', () => {
  const UserId = createParamDecorator(
    (_data: unknown, context: ExecutionContext) => ProcedureCall.of(context)?.fields.user_id,
  );

  class Decorated {
    @Procedure()
    whoami(@CurrentCall() call: ProcedureCall): unknown {
      return [call.procedure, call.identity, call.isAuthenticated, call instanceof ProcedureCall];
    }

    @Procedure()
    mixed(
      a: number,
      @CurrentCall() { given }: ProcedureCall,
      b: number = 2,
      @UserId() user?: unknown,
    ): unknown {
      return [a, b, user, given.positional];
    }

    @Procedure()
    piped(
      @ProcedureArg('id', ParseIntPipe) key: unknown,
      @ProcedureArg(ParseIntPipe) other: unknown,
      plain: string,
    ): unknown {
      return [key, other, plain];
    }

    @Procedure()
    taken(@ProcedureArg('point') { x, y }: { x: number; y: number }): number {
      return x + y;
    }

    @Procedure()
    old(@Callback() request: CallbackRequest): unknown {
      return request.fields.user_id;
    }

    @Procedure()
    @UsePipes(ParseIntPipe)
    all(a: number, ...more: unknown[]): unknown {
      return [a, more];
    }
  }

  it('get the call, and leave the arguments to the others', async () => {
    await start(Decorated);
    expect(await app!.call('whoami')).toEqual(['whoami', { user_id: 1 }, true, true]);
    expect(app!.signature('whoami').parameters).toEqual([]);
    await expect(app!.call('whoami', 1)).rejects.toMatchObject({ code: 'arguments_mismatch' });
    expect(await app!.call('mixed', '1')).toEqual([1, 2, 1, ['1']]);
    expect(app!.signature('mixed').parameters.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await app!.call('old')).toBe(1);
  });

  it('have names and pipes', async () => {
    await start(Decorated);
    expect(await app!.callNamed('piped', { id: '5', other: '6', plain: '7' })).toEqual([5, 6, '7']);
    const error = await rejection(app!.call('piped', 'x', 1, '2'));
    expect(error).toBeInstanceOf(BadRequestException);
    expect(await app!.callNamed('taken', { point: { x: 1, y: 2 } })).toBe(3);
  });

  it('get nothing of who has no identity', async () => {
    class Open {
      @Procedure({ public: true })
      who(@CurrentCall() { identity, isAuthenticated }: ProcedureCall): unknown {
        return [identity, isAuthenticated];
      }
    }
    await start(Open);
    expect(await app!.answer('who', { identity: null })).toEqual({ value: [undefined, false] });
    expect(await app!.answer('who', { identity: null, isService: true })).toEqual({
      value: [undefined, true],
    });
  });
});

describe('all parameters as an object', () => {
  class Order {
    @IsString()
    @MaxLength(5)
    title!: string;

    @IsInt()
    @Min(1)
    @Max(10)
    copies: number = 1;

    @IsOptional()
    @IsString()
    note?: string;

    get summary(): string {
      return `${this.copies} x ${this.title}`;
    }
  }

  class Orders {
    @Procedure()
    order(
      @ProcedureParams(new ValidationPipe({ transform: true })) order: Order,
      @CurrentCall() call: ProcedureCall,
    ): unknown {
      return [order.summary, order instanceof Order, call.fields.user_id];
    }

    @Procedure()
    anything(@ProcedureParams() all: Record<string, unknown>): unknown {
      return all;
    }

    @Procedure({ parameters: { i: 'int', x: { optional: true } } })
    listed(@ProcedureParams() all: object): unknown {
      return all;
    }
  }

  it('have the fields of its class as parameters', async () => {
    await start(Orders);
    expect(app!.signature('order').parameters).toMatchObject([
      { name: 'title', type: 'str', isOptional: false },
      { name: 'copies', type: 'float', isOptional: true },
      { name: 'note', type: 'str', isOptional: true },
    ]);
    expect(await app!.callNamed('order', { title: 'Emma', copies: '3' })).toEqual(['3 x Emma', true, 1]);
    expect(await app!.call('order', 'Emma')).toEqual(['1 x Emma', true, 1]);
  });

  it('are checked by its rules', async () => {
    await start(Orders);
    const error = (await rejection(
      app!.callNamed('order', { title: 'Ulysses', copies: 1.5 }),
    )) as HttpException;
    expect(error).toBeInstanceOf(BadRequestException);
    expect((error.getResponse() as { message: string[] }).message).toEqual([
      'title must be shorter than or equal to 5 characters',
      'copies must be an integer number',
    ]);
    await expect(app!.callNamed('order', { title: 'Emma', isAdmin: true })).rejects.toMatchObject({
      code: 'arguments_mismatch',
    });
    await expect(app!.callNamed('order', {})).rejects.toMatchObject({ code: 'arguments_mismatch' });
  });

  it('may have any name where no class says which', async () => {
    await start(Orders);
    expect(await app!.callNamed('anything', { a: 1, b: null })).toEqual({ a: 1, b: null });
    await expect(app!.call('anything', 1)).rejects.toMatchObject({ code: 'arguments_mismatch' });
    expect(await app!.callNamed('listed', { i: '5' })).toEqual({ i: 5 });
    await expect(app!.callNamed('listed', { i: 5, y: 1 })).rejects.toMatchObject({
      code: 'arguments_mismatch',
    });
  });

  it('are checked by a pipe of the whole app as well', async () => {
    class Unpiped {
      @Procedure()
      order(@ProcedureParams() order: Order): unknown {
        return order.title;
      }
    }
    await start(Unpiped, { provide: APP_PIPE, useClass: ValidationPipe });
    expect(await app!.call('order', 'Emma')).toBe('Emma');
    await expect(app!.call('order', 'Ulysses')).rejects.toBeInstanceOf(BadRequestException);
  });
});

describe('guards', () => {
  const Role = (role: string) => SetMetadata('role', role);

  @Injectable()
  class Roles implements CanActivate {
    constructor(private readonly reflector: Reflector) {}

    canActivate(context: ExecutionContext): boolean {
      const wanted = this.reflector.getAllAndOverride<string>('role', [
        context.getHandler(),
        context.getClass(),
      ]);
      return context.getType<string>() === 'kittiwake' && ProcedureCall.of(context)?.fields.role === wanted;
    }
  }

  @UseGuards(Roles)
  @Role('reader')
  class Guarded {
    @Procedure()
    read(): string {
      return 'read';
    }

    @Procedure()
    @Role('writer')
    write(...words: string[]): number {
      return words.length;
    }
  }

  it('refuse a call, by the metadata of class and method', async () => {
    await start(Guarded, Roles);
    const reader = { identity: { role: 'reader' } };
    expect(await app!.answer('read', reader)).toEqual({ value: 'read' });
    const error = await rejection(app!.answer('write', reader));
    expect(error).toMatchObject({ status: 403, message: 'Forbidden resource' });
    const writer = { identity: { role: 'writer' } };
    expect(await app!.answer('write', { ...writer, positional: ['a', 'b'] })).toEqual({ value: 2 });
    expect(app!.log.errors).toEqual([]);
  });

  it('of the whole app know what they guard', async () => {
    const seen: unknown[] = [];
    class Spy implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const [call, values] = context.getArgs<[ProcedureCall, unknown[]]>();
        seen.push([
          context.getType(),
          context.getClass().name,
          context.getHandler().name,
          call.procedure,
          values,
        ]);
        return true;
      }
    }
    await start(Guarded, Roles, { provide: APP_GUARD, useClass: Spy });
    await app!.answer('read', { identity: { role: 'reader' } });
    await app!.answer('write', { identity: { role: 'writer' }, positional: ['a'] });
    expect(seen).toEqual([
      ['kittiwake', 'Guarded', 'read', 'read', []],
      ['kittiwake', 'Guarded', 'write', 'write', ['a']],
    ]);
  });
});

describe('interceptors', () => {
  let events: unknown[];
  beforeEach(() => (events = []));

  class Doubled implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
      return next.handle().pipe(
        tap({ next: (value) => events.push(value), finalize: () => events.push('end') }),
        map((value) => (typeof value === 'number' ? value * 2 : value)),
      );
    }
  }

  @UseInterceptors(Doubled)
  class Sums {
    @Procedure()
    one(): number {
      return 1;
    }

    @Procedure()
    many(): Observable<number> {
      return of(5);
    }

    @Procedure()
    async *count(to: number) {
      for (let i = 0; i < to; i++) yield i;
      return 50;
    }

    @Procedure()
    async *endless(@CurrentCall() { signal }: ProcedureCall) {
      signal.addEventListener('abort', () => events.push('aborted'));
      try {
        for (let i = 0; ; i++) {
          events.push(`made ${i}`);
          yield i;
        }
      } finally {
        events.push('closed');
      }
    }

    @Procedure()
    ticks(): Observable<number> {
      return interval(1);
    }

    @Procedure({ stream: true })
    wait(): Promise<unknown> {
      return new Promise(() => undefined);
    }
  }

  it('change a plain result, which stays one', async () => {
    await start(Sums);
    expect(await app!.call('one')).toBe(2);
    expect(events).toEqual([1, 'end']);
  });

  it('change each result of a stream, of which one result is one as well', async () => {
    await start(Sums);
    expect(await app!.drain('many')).toEqual({ results: [10], last: undefined });
    expect(await app!.drain('count', 3)).toEqual({ results: [0, 2, 4], last: 100 });
    expect(await app!.drain('count', 0)).toEqual({ results: [], last: 100 });
  });

  it('do not make a generator run ahead of its reader', async () => {
    await start(Sums);
    const stream = await app!.stream('endless');
    expect(await stream.next()).toEqual({ done: false, value: 0 });
    expect(await stream.next()).toEqual({ done: false, value: 2 });
    expect(events).toEqual(['made 0', 0, 'made 1', 1]);
    await stream.return!();
    await eventually(() => events.length === 7);
    expect(events.slice(4).toSorted()).toEqual(['aborted', 'closed', 'end']);
  });

  it('hear of a caller that goes away', async () => {
    await start(Sums);
    const caller = new AbortController();
    const stream = await app!.stream('ticks', { signal: caller.signal });
    await stream.next();
    caller.abort(new Error('gone'));
    await expect(stream.next()).rejects.toThrow('gone');
    expect(events.at(-1)).toBe('end');

    const waiting = new AbortController();
    const answer = app!.answer('wait', { signal: waiting.signal });
    await new Promise(setImmediate);
    waiting.abort(new Error('gone too'));
    await expect(answer).rejects.toThrow('gone too');
    await eventually(() => events.filter((event) => event === 'end').length === 2);
  });

  it('may answer without the method', async () => {
    class Cached implements NestInterceptor {
      intercept(): Observable<unknown> {
        return concat(of('a'), of('b'));
      }
    }
    class Absent implements NestInterceptor {
      intercept(): Observable<unknown> {
        return EMPTY;
      }
    }
    class Answered {
      @Procedure()
      @UseInterceptors(Cached)
      one(): string {
        return 'never';
      }

      @Procedure()
      @UseInterceptors(Cached)
      async *many() {
        yield 'never';
      }

      @Procedure()
      @UseInterceptors(Absent)
      none(): string {
        return 'never';
      }
    }
    await start(Answered);
    expect(await app!.call('one')).toBe('b');
    expect(await app!.drain('many')).toEqual({ results: ['a', 'b'], last: undefined });
    expect(await app!.call('none')).toBeUndefined();
  });

  it('may leave results out, add some and recover from errors', async () => {
    class Odd implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler<number>): Observable<unknown> {
        return next.handle().pipe(
          filter((value) => value % 2 === 1),
          mergeMap((value) => [value, `${value}!`]),
          catchError((error: Error) => of(error.message)),
        );
      }
    }
    class Streams {
      @Procedure()
      @UseInterceptors(Odd)
      async *count(to: number) {
        for (let i = 0; i < to; i++) yield i;
        throw new Error('boom');
      }

      @Procedure()
      @UseInterceptors(Odd)
      fail(): number {
        throw new Error('boom');
      }
    }
    await start(Streams);
    expect(await app!.drain('count', 4)).toEqual({ results: [1, '1!', 3, '3!', 'boom'], last: undefined });
    expect(await app!.call('fail')).toBe('boom');
    expect(app!.log.errors).toEqual([]);
  });

  it('of the whole app work as well', async () => {
    class Plain {
      @Procedure()
      one(): number {
        return 4;
      }
    }
    await start(Plain, { provide: APP_INTERCEPTOR, useClass: Doubled });
    expect(await app!.call('one')).toBe(8);
  });
});

describe('pipes', () => {
  class Trim implements PipeTransform {
    transform(value: unknown): unknown {
      return typeof value === 'string' ? value.trim() : value;
    }
  }

  it('of method, class and app apply to arguments', async () => {
    @UsePipes(Trim)
    class Words {
      @Procedure()
      join(a: string, b = 'x', ...more: string[]): string {
        return [a, b, ...more].join('|');
      }
    }
    await start(Words);
    expect(await app!.call('join', ' a ')).toBe('a|x');
    expect(await app!.call('join', ' a ', ' b', 'c ')).toBe('a|b|c ');
  });
});

describe('errors', () => {
  class OutOfYarn extends Error {}

  @Catch(OutOfYarn)
  class YarnFilter implements ExceptionFilter {
    catch(error: Error, host: ArgumentsHost): never {
      throw new ProcedureError({ yarn: error.message, procedure: ProcedureCall.of(host)?.procedure }, 418);
    }
  }

  @Catch(BadRequestException)
  class HttpFilter implements ExceptionFilter {
    catch(_error: unknown, host: ArgumentsHost): void {
      host.switchToHttp().getResponse<{ status(code: number): void }>().status(400);
    }
  }

  class Failing {
    @Procedure()
    told(): never {
      throw new ProcedureError('No such thing.');
    }

    @Procedure()
    needed(): never {
      throw new NeedInfo('Need a password', [{ name: 'password' }], 'vault');
    }

    @Procedure()
    http(): never {
      throw new BadRequestException('bad');
    }

    @Procedure()
    refused(): never {
      throw new Refusal('Not you.');
    }

    @Procedure()
    ws(): never {
      throw new WsException({ code: 5 });
    }

    @Procedure()
    defect(): never {
      throw new Error('boom');
    }

    @Procedure()
    text(): never {
      // eslint-disable-next-line no-throw-literal
      throw 'just text';
    }

    @Procedure()
    async *late() {
      yield 1;
      throw new Error('late boom');
    }

    @Procedure()
    observed(): Observable<never> {
      return throwError(() => new Error('observed boom'));
    }

    @Procedure()
    @UseFilters(YarnFilter)
    filtered(): never {
      throw new OutOfYarn('red');
    }

    @Procedure()
    @UseFilters(YarnFilter)
    async *filteredLate() {
      yield 1;
      throw new OutOfYarn('blue');
    }

    @Procedure()
    @UseFilters(YarnFilter)
    unfiltered(): never {
      throw new Error('another');
    }

    @Procedure()
    @UseFilters(HttpFilter)
    filteredForHttp(): never {
      throw new BadRequestException('bad');
    }

    @Procedure()
    async ended(@CurrentCall() { signal }: ProcedureCall): Promise<void> {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('after the end');
    }
  }

  it.each([
    ['told', { name: 'ProcedureError', error: 'No such thing.', status: 500 }],
    ['needed', { name: 'NeedInfo', status: 423, resource: 'vault' }],
    ['http', { name: 'BadRequestException', message: 'bad' }],
    ['refused', { name: 'ProcedureError', error: 'Not you.', status: 403 }],
    ['ws', { name: 'ProcedureError', error: { code: 5 } }],
  ])('that speak to the caller reach it: %s', async (name, expected) => {
    await start(Failing);
    await expect(app!.call(name)).rejects.toMatchObject(expected);
    expect(app!.log.errors).toEqual([]);
  });

  it.each([
    ['defect', 'boom'],
    ['text', 'just text'],
    ['late', 'late boom'],
    ['observed', 'observed boom'],
    ['unfiltered', 'another'],
  ])('that are defects are logged once, with their place, and not told: %s', async (name, message) => {
    await start(Failing);
    const error = await rejection(
      name === 'late' || name === 'observed' ? app!.drain(name) : app!.call(name),
    );
    expect(error).toMatchObject({
      code: 'procedure_failed',
      message: `an error occurred while executing the function ${name}`,
    });
    expect(app!.log.errors).toHaveLength(1);
    expect(app!.log.errors[0]).toContain(`Failing.${name} failed: `);
    expect(app!.log.errors[0]).toContain(message);
    if (name !== 'text') expect(app!.log.errors[0]).toContain('procedures-module.e2e-spec');
  });

  // Whoever may call it could fill a disk with stacks.
  it('that are defects are a line a second, with their number, however often somebody calls', async () => {
    await start(Failing);
    for (let count = 0; count < 30; count++) await rejection(app!.call('defect'));
    await eventually(() => app!.log.errors.some((line) => /boom \(the last of \d+\)\n/.test(line)));
    expect(app!.log.errors.length).toBeLessThan(30);
  });

  it('go through exception filters, those of streams too', async () => {
    await start(Failing);
    await expect(app!.call('filtered')).rejects.toMatchObject({
      error: { yarn: 'red', procedure: 'filtered' },
      status: 418,
    });
    const stream = await app!.stream('filteredLate');
    await stream.next();
    await expect(stream.next()).rejects.toMatchObject({ error: { yarn: 'blue', procedure: 'filteredLate' } });
    expect(app!.log.errors).toEqual([]);
  });

  it('reach the caller when a filter that knows HTTP alone fails on them', async () => {
    await start(Failing);
    await expect(app!.call('filteredForHttp')).rejects.toMatchObject({
      name: 'BadRequestException',
      message: 'bad',
    });
    expect(app!.log.errors).toEqual([
      expect.stringMatching(/Failing\.filteredForHttp failed: TypeError: .*\n +at HttpFilter/),
    ]);
  });

  it('may become a result in an exception filter', async () => {
    @Catch()
    class Answer implements ExceptionFilter {
      catch(error: Error): string {
        return `sorry: ${error.message}`;
      }
    }
    await start(Failing, { provide: APP_FILTER, useClass: Answer });
    expect(await app!.call('defect')).toBe('sorry: boom');
    expect(await app!.drain('late')).toEqual({ results: [1], last: 'sorry: late boom' });
  });

  it('of a filter are logged', async () => {
    @Catch()
    class Broken implements ExceptionFilter {
      catch(): never {
        throw new TypeError('the filter failed');
      }
    }
    await start(Failing, { provide: APP_FILTER, useClass: Broken });
    await expect(app!.call('told')).rejects.toMatchObject({ error: 'No such thing.' });
    expect(app!.log.errors).toHaveLength(1);
    expect(app!.log.errors[0]).toContain('Failing.told failed: TypeError: the filter failed');
  });

  it('after the end of the call concern nobody', async () => {
    await start(Failing);
    const caller = new AbortController();
    const answer = app!.answer('ended', { signal: caller.signal });
    await new Promise(setImmediate);
    caller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    await new Promise(setImmediate);
    expect(app!.log.errors).toEqual([]);
  });
});

describe('limits', () => {
  const gate = deferred();
  class Limited {
    @Procedure({ concurrency: 1 })
    async one(): Promise<string> {
      await gate.promise;
      return 'one';
    }

    @Procedure({ deadline: '20ms' })
    async late(): Promise<void> {
      await new Promise(() => undefined);
    }

    @Procedure()
    usual(): number {
      return 1;
    }
  }

  it('are those of the procedure, or else of the settings', async () => {
    await start(Limited);
    const first = app!.call('one');
    await expect(app!.call('one')).rejects.toMatchObject({ code: 'too_many_calls' });
    gate.resolve();
    expect(await first).toBe('one');
    await expect(app!.call('late')).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('are those of the settings where the procedure has none', async () => {
    class Slow {
      @Procedure()
      async slow(): Promise<void> {
        await new Promise(() => undefined);
      }

      @Procedure()
      async *stream() {
        await new Promise((resolve) => setTimeout(resolve, 60));
        yield 1;
      }
    }
    app = await TestProcedures.start([Slow], {
      ...OPTIONS,
      procedures: { deadline: '20ms', concurrency: 1 },
    });
    const slow = app.call('slow');
    await expect(app.call('slow')).rejects.toMatchObject({ code: 'too_many_calls' });
    await expect(slow).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(await app.drain('stream')).toEqual({ results: [1], last: undefined });
  });
});

describe('callers that come and go', () => {
  it('are told to the app, with their identity', async () => {
    const events: unknown[] = [];
    class Hooks {
      @OnCallerConnect()
      connected(request: CallbackRequest): void {
        events.push(['connected', request.fields]);
      }

      @OnCallerConnect()
      fails(): never {
        throw new Error('boom');
      }

      @OnCallerDisconnect()
      async gone({ fields }: CallbackRequest): Promise<void> {
        events.push(['gone', fields.user_id]);
      }
    }
    await start(Hooks);
    const hooks = app!.get(CallerHooks);
    const identity = new Map([['user_id', toJsonText(7)]]);
    await hooks.connected(identity);
    await hooks.disconnected(identity);
    expect(events).toEqual([
      ['connected', { user_id: 7 }],
      ['gone', 7],
    ]);
    expect(app!.log.errors).toHaveLength(1);
    expect(app!.log.errors[0]).toContain('boom');
  });
});

describe('an app does not start', () => {
  class Sums {
    @Procedure()
    add(): number {
      return 1;
    }
  }

  it('with procedures, but without their section', async () => {
    expect(await failure([Sums], OPTIONS)).toBe(
      'Sums.add is a procedure, but the section procedures is not configured: set procedures: {}',
    );
    class Hooks {
      @OnCallerConnect()
      connected(): void {
        // nothing to do
      }
    }
    expect(await failure([Hooks], OPTIONS)).toBe(
      'Hooks.connected is told of callers, but the section procedures is not configured',
    );
  });

  it('with two of a name', async () => {
    class More {
      @Procedure({ name: 'add' })
      plus(): number {
        return 2;
      }
    }
    expect(await failure([Sums, More])).toBe(
      'there are two procedures named add: in Sums.add and in More.plus',
    );
    const remote = { add: { url: 'http://127.0.0.1:9/add' } };
    expect(await failure([Sums], { ...OPTIONS, procedures: { remote } })).toMatch(
      /^there are two procedures named add: in .*(?:Sums\.add.*configuration|configuration.*Sums\.add)/,
    );
  });

  it('with one in a controller, or in a provider that is no singleton', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class OfRequest extends Sums {}
    expect(await failure([OfRequest])).toBe(
      'OfRequest has procedures of Kittiwake, which come without a request: it must be a singleton, and nothing ' +
        'that it injects or is decorated with may be request-scoped',
    );
    @Controller('sums')
    class SumsController extends Sums {}
    const { createApp, moduleOf } = await import('./support/nest-app.js');
    const nest = await createApp(moduleOf({ controllers: [SumsController] }, WITH_PROCEDURES));
    await expect(nest.init()).rejects.toThrow(
      'SumsController has procedures of Kittiwake, so it must be a provider, not a controller',
    );
    await nest.close();
  });

  const cannot = (decorate: (prototype: object) => void, method: (...args: never[]) => unknown) => {
    class Odd {}
    Object.defineProperty(Odd.prototype, 'odd', { value: method, configurable: true, writable: true });
    decorate(Odd.prototype);
    return failure([Odd]);
  };
  const mark = (options: Parameters<typeof Procedure>[0]) => (prototype: object) =>
    Procedure(options)(prototype, 'odd', Object.getOwnPropertyDescriptor(prototype, 'odd')!);

  it.each([
    [{ name: 'a b' }, 'its name is "a b", expected a procedure name such as add'],
    [{ name: 'token' }, 'its name is "token", expected a procedure name'],
    [{ deadline: '15' }, 'its deadline is "15", expected a duration such as 15s'],
    [{ concurrency: -1 }, 'its concurrency is -1, expected a whole number that is not negative'],
    [{ public: true, access: 'public' as const }, 'it has both of the options access and public'],
    [{ parameters: { c: 'int' as const } }, 'the option parameters has c, which is no parameter of it'],
    [
      { parameters: { a: { namedOnly: true } } },
      'a can be given by name only, so b, behind it, must be so as well',
    ],
    [
      { parameters: { a: 'number' as never } },
      'the type of a is "number", expected one of int, float, bool, str, bytes, any, others',
    ],
    [
      { parameters: { a: { type: 'number' as never } } },
      'the type of a is "number", expected one of int, float',
    ],
  ])('with the options %j', async (options, message) => {
    expect(await cannot(mark(options), (a: unknown, b: unknown) => [a, b])).toContain(
      `Odd.odd cannot be a procedure: ${message}`,
    );
  });

  it('with parameters that nobody can give', async () => {
    expect(await cannot(mark({}), Math.max)).toBe(
      'Odd.odd cannot be a procedure: its source does not tell its parameters: name them all in the option parameters, in their order',
    );
    expect(await cannot(mark({}), ({ a }: { a: unknown }) => a)).toBe(
      "Odd.odd cannot be a procedure: parameter 1 has no name: give it one with @ProcedureArg('name')",
    );
    class Twice {
      @Procedure()
      twice(a: number, @ProcedureArg('a') b: number): number {
        return a + b;
      }
    }
    expect(await failure([Twice])).toBe('Twice.twice cannot be a procedure: two parameters are named a');
    class Both {
      @Procedure()
      both(@ProcedureParams() all: object, more: number): unknown {
        return [all, more];
      }
    }
    expect(await failure([Both])).toContain(
      'a parameter with @ProcedureParams() gets all arguments, so there can be no other',
    );
    class Message {
      @Procedure()
      message(@MessageData() data: unknown): unknown {
        return data;
      }
    }
    expect(await failure([Message])).toContain(
      'parameter 1 is of a request or of a message; use @ProcedureArg(), @ProcedureParams() or @CurrentCall()',
    );
  });

  it('but a decorator for what is no method fails at once', () => {
    expect(() => Procedure()({}, 'x', { get: () => 1 })).toThrow('@Procedure() is for methods, not for x');
  });
});
