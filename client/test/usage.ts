/* Is compiled and never run: the types that a user meets, right and wrong. */
/* oxlint-disable typescript/no-unnecessary-type-parameters -- that is how types are compared */
import {
  call,
  connectionId,
  createClient,
  kept,
  KittiwakeError,
  live,
  type Snapshot,
  type State,
  stream,
  topic,
  watchCall,
  webSocket,
} from 'kittiwake-client';
import { useConnection, useStream, useTopic } from 'kittiwake-client/react';
import { fakeServer } from 'kittiwake-client/testing';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(..._proof: T[]): void => {};

interface Book {
  title: string;
  price: number;
}

/** As a provider of the app has them. */
declare class BooksProcedures {
  add(a: number, b: number): Promise<number>;
  describe(of: { id: string; deep?: boolean }): Book;
  count(to: number): AsyncGenerator<number>;
  now(): string;
}

interface App {
  topics: {
    [name: `books.${string}`]: {
      state: Book;
      update: Partial<Book>;
      message: { action: 'buy' };
      reply: { left: number };
      fields: { author_id?: string };
    };
    [name: `chat.${string}`]: { state: { last: string[] }; update: { text: string }; message: string };
    news: { update: string };
  };
  procedures: BooksProcedures;
}

const client = createClient<App>({
  url: 'wss://realtime.example.com/ws',
  auth: {
    ticket: async ({ signal }) =>
      (await fetch('/api/ticket', { method: 'POST', signal })).json() as Promise<string>,
  },
  transports: [webSocket()],
});

export async function topics(): Promise<void> {
  const book = topic(client, 'books.1', { fields: { author_id: 'a1' } });
  book.on('state', (state) => is<Equal<typeof state, Book>>());
  book.on('update', (change) => is<Equal<typeof change, Partial<Book>>>());
  const view = live(book, (data, change) => ({ ...data, ...change }));
  is<Equal<typeof view.value, Snapshot<Book>>>();
  const titles = live(
    book,
    (all: string[], change) => [...all, change.title ?? ''],
    ({ title }) => [title],
  );
  is<Equal<typeof titles.value.data, string[] | undefined>>();
  const reply = await book.send({ action: 'buy' }, { timeoutMs: 5000 });
  is<Equal<typeof reply, { left: number }>>();
  // @ts-expect-error There is no such message.
  void book.send({ action: 'sell' });
  // @ts-expect-error There is no such field.
  topic(client, 'books.1', { fields: { author: 'a1' } });
  // @ts-expect-error There is no such topic.
  topic(client, 'bocks.1');
}

export async function follow(signal: AbortSignal): Promise<void> {
  using chat = topic(client, 'chat.7', { signal });
  for await (const event of chat) {
    if (event.type === 'update') is<Equal<typeof event.data, { text: string }>>();
    else if (event.type === 'state') is<Equal<typeof event.state.last, string[]>>();
  }
}

export async function procedures(): Promise<void> {
  const sum = await call(client, 'add', [1, 2]);
  is<Equal<typeof sum, number>>();
  const described = await call(client, 'describe', { id: 'b1' }, { retry: true });
  is<Equal<typeof described, Book>>();
  const now = await call(client, 'now');
  is<Equal<typeof now, string>>();
  for await (const n of stream(client, 'count', [3])) is<Equal<typeof n, number>>();
  // @ts-expect-error A stream is no call with one result.
  void call(client, 'count', [3]);
  // @ts-expect-error What has one result is no stream.
  stream(client, 'add', [1, 2]);
  // @ts-expect-error The argument is wrong.
  void call(client, 'add', [1, '2']);
  // @ts-expect-error An argument is missing.
  void call(client, 'add');
  try {
    await call(client, 'add', [1, 2]);
  } catch (error) {
    if (error instanceof KittiwakeError) is<Equal<typeof error.sent, boolean>>();
  }
}

export async function kepts(): Promise<void> {
  const counting = stream(client, 'count', [3], { resumable: kept('n', () => localStorage) });
  for await (const n of counting) is<Equal<typeof n, number>>();
  is<Equal<typeof counting.call, string | undefined>>();
  const { call: id = '', position } = counting;
  for await (const n of watchCall(client, 'count', { call: id, position })) is<Equal<typeof n, number>>();
  await counting.cancel({ timeoutMs: 1000 });
  // @ts-expect-error What is not kept has no id.
  is<Equal<ReturnType<typeof stream>['call'], string>>();
  // @ts-expect-error There is nothing without the id.
  watchCall(client, 'count', { position: '1' });
}

export function Counted(): unknown {
  const { data, status, cancel } = useStream(
    () => stream(client, 'count', [3], { resumable: kept('n') }),
    [],
    (sum, n) => sum + n,
    0,
  );
  is<Equal<typeof data, number>>();
  return [data, status, cancel];
}

export async function withoutTypes(): Promise<void> {
  const loose = createClient({ url: '/ws' });
  const any = topic(loose, 'x.y', { fields: { z: 1 } });
  any.on('update', (update) => is<Equal<typeof update, unknown>>());
  const result = await call(loose, 'f', [1]);
  void call(loose, 'f', { named: 1 });
  is<Equal<typeof result, unknown>>();
  for await (const item of stream(loose, 'g')) is<Equal<typeof item, unknown>>();
  await connectionId(client);
}

export function Price({ id }: { id: string }): unknown {
  const { data, status } = useTopic(
    () => topic(client, `books.${id}`),
    [id],
    (book, change) => ({ ...book, ...change }),
  );
  const { state } = useConnection(client);
  is<Equal<typeof state, State>>();
  is<Equal<typeof data, Book | undefined>>();
  return [data?.price, status, state];
}

export async function aTest(): Promise<void> {
  const server = fakeServer();
  server.topic('books.1', { state: { title: 'T', price: 1 } });
  const tested = createClient<App>({ url: 'ws://x/ws', transports: [server.transport], clock: server.clock });
  await topic(tested, 'books.1').ready();
  server.cut(1012);
  await server.clock.advance(30_000);
}
