import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Injectable } from '@nestjs/common';
import { Ajv, type ValidateFunction } from 'ajv';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { AllowedRooms, OnMessage, Procedure, ProcedureParams, TopicService } from '../src/index.js';
import type { AsyncApiDocument } from '../src/open-api/async/async-api.js';
import { CLOSE_REASONS } from '../src/protocol/close-reason.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { createApp, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { eventually } from './support/wait.js';

const KEY = 'the-key-of-tokens-that-nobody-guesses';

class Order {
  @IsString()
  title!: string;

  @IsInt()
  @Min(1)
  @Max(10)
  copies!: number;

  @IsIn(['paper', 'file'])
  @IsOptional()
  kind?: string;
}

@TopicService('books', { requireAuthentication: false, extraFields: ['author_id'], history: {} })
class Books {
  @OnMessage()
  message(): unknown {
    return { saved: true };
  }
}

@TopicService('orders.:shop.:id')
class Orders {}

@Injectable()
class App {
  @Procedure({ public: true, description: 'Orders a book.' })
  order(@ProcedureParams() order: Order): Order {
    return order;
  }

  @Procedure({ public: true })
  *count(): Generator<number> {
    yield 1;
  }

  @Procedure()
  secret(): void {}

  @Procedure({ resumable: true })
  *kept(): Generator<number> {
    yield 1;
  }

  @AllowedRooms()
  rooms(): object[] {
    return [{ chat: '*' }];
  }
}

const specification = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json'),
    'utf8',
  ),
) as object;

let app: TestApp;
let document: AsyncApiDocument;
let ajv: Ajv;

beforeAll(async () => {
  app = await TestApp.listen(
    await createApp(
      moduleOf(
        { providers: [Books, Orders, App] },
        {
          ...OPTIONS,
          operators: { path: '/kittiwake' },
          procedures: { mockToken: true },
          rooms: {},
          auth: { jwt: { algorithms: ['HS256'], secret: KEY } },
        },
      ),
    ),
  );
  document = (await app.fetch('GET', '/kittiwake/asyncapi.json')).body as AsyncApiDocument;
  ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'document');
});
afterAll(() => app.stop());

/** What is wrong with a document, by the schema of AsyncAPI 3.0. */
function faultsOf(of: object): unknown {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(specification);
  return validate(of) ? [] : validate.errors;
}

const schemaOf = (path: string): ValidateFunction => ajv.compile({ $ref: `document#/components/${path}` });

/** Which messages of an endpoint a frame may be. */
function messagesLike(frame: unknown, channel: string, action: 'send' | 'receive'): string[] {
  const operations = Object.values(document.operations).filter(({ channel: { $ref } }) =>
    $ref.endsWith(`/${channel}`),
  );
  const references = operations.flatMap((operation) => [
    ...(operation.action === action ? operation.messages : []),
    ...(action === 'send' ? (operation.reply?.messages ?? []) : []),
  ]);
  const names = new Set(references.map(({ $ref }) => $ref.split('/').at(-1)!));
  return [...names].filter((name) => schemaOf(`messages/${channel}.${name}/payload`)(frame)).toSorted();
}

/** Frames on their way, each with the messages that it may be. */
class Heard {
  /** The first of the frames that were taken last. */
  first: unknown;
  private readonly frames: string[] = [];

  constructor(
    private readonly client: TestClient,
    private readonly channel: string,
  ) {
    if (client.hello) this.frames.push(JSON.stringify(client.hello));
    this.frames.push(...client.frames);
    client.webSocket.on('message', (data: Buffer) => this.frames.push(data.toString()));
  }

  /** Sends frames, and says which messages each may be. */
  send(...frames: (object | string)[]): string[][] {
    for (const frame of frames) this.client.send(frame);
    return frames.map((frame) => messagesLike(frame, this.channel, 'receive'));
  }

  /** The messages that came, once there are so many. */
  async got(count: number): Promise<string[][]> {
    const frames = await eventually(() => this.frames.length >= count && this.frames.splice(0, count));
    this.first = parsed(frames[0]!);
    return frames.map((text) => messagesLike(parsed(text), this.channel, 'send'));
  }
}

function parsed(text: string): unknown {
  return text === 'pong' ? text : JSON.parse(text);
}

async function heard(path: string, channel: string): Promise<Heard> {
  const client = await TestClient.connect(app.url.replace('/ws', path), ['kittiwake.v1.json']);
  const ear = new Heard(client, channel);
  return ear;
}

describe('the AsyncAPI document', () => {
  it('is valid', () => {
    expect(faultsOf(document)).toEqual([]);
    expect(faultsOf({ ...document, channels: { topics: { address: 7 } } })).not.toEqual([]);
  });

  it('refers to what is there', () => {
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path]) => path!));
    const missing = [...references].filter((path) => {
      const steps = path.slice(1).split('/');
      return steps.reduce<unknown>((at, step) => Object(at)[step] as unknown, document) === undefined;
    });
    expect([references.size > 20, missing]).toEqual([true, []]);
  });

  it('has endpoints, services, calls and rooms, and why connections are closed', () => {
    const { topics, rooms, procedures } = document.channels;
    expect([topics, rooms, procedures].map((one) => one!.address)).toEqual(['/ws', '/rooms', '/rpc']);
    expect(Object.keys(topics!.messages)).toEqual(
      expect.arrayContaining([
        'hello',
        'subscribe-books',
        'publication-orders',
        'call-order',
        'join',
        'trigger',
      ]),
    );
    const codes = Object.values(CLOSE_REASONS).map(({ code, name }) =>
      expect.objectContaining({ code, name }),
    );
    expect(topics!['x-close-codes']).toEqual(codes);
  });

  it('has the procedures that the reader may call, and no others', () => {
    expect(Object.keys(document.operations).filter((name) => name.includes('call-'))).toEqual([
      'topics.call-order',
      'topics.call-count',
      'topics.call-ping',
      'topics.call-metrics',
      'procedures.call-order',
      'procedures.call-count',
      'procedures.call-ping',
      'procedures.call-metrics',
    ]);
  });

  it('has the form of the topics that a provider serves', () => {
    const [books, orders] = ['schemas/Topic.books', 'schemas/Topic.orders'].map(schemaOf);
    expect(['books.1', 'books.', 'book.1', 'xbooks.1'].map((topic) => books!(topic))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(['orders.a.7', 'orders.a', 'orders.a.7.b'].map((topic) => orders!(topic))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has the limits of arguments that a provider declares', () => {
    const call = schemaOf('messages/topics.call-order/payload');
    const asked = (params: unknown): boolean => call({ event: 'call', id: 1, procedure: 'order', params });
    expect(asked({ title: 'T', copies: 3, kind: 'paper' })).toBe(true);
    for (const wrong of [{ copies: 3 }, { title: 'T', copies: 11 }, { title: 'T', copies: 3, kind: 'x' }])
      expect(asked(wrong)).toBe(false);
  });

  it('has the frames of topics as they go over the wire', async () => {
    const client = await heard('/ws', 'topics');
    expect(
      client.send(
        { event: 'subscribe', subscription: 'books.1', author_id: 'a', recover: true, id: 1 },
        { event: 'message', subscription: 'books.1', data: 1, id: 2 },
        { event: 'ping', data: 'x' },
        { event: 'subscribe', subscription: 'orders.1.2', id: 3 },
      ),
    ).toEqual([['subscribe-books'], ['message'], ['ping'], ['subscribe-orders']]);
    const first = await client.got(5);
    expect(first.toSorted()).toEqual([['error'], ['hello'], ['ok'], ['ok'], ['pong']]);
    await app.publish({ subscription: 'books.1', data: { any: 'thing' } });
    expect(await client.got(1)).toEqual([['publication-books']]);
    expect(client.send({ event: 'unsubscribe', subscription: 'books.1' })).toEqual([['unsubscribe']]);
    expect(await client.got(1)).toEqual([['ok']]);
  });

  it('has the frames of calls and of rooms that are joined', async () => {
    const client = await heard('/ws', 'topics');
    expect(
      client.send(
        { event: 'call', id: 1, procedure: 'order', params: { title: 'T', copies: 1 } },
        { event: 'call', id: 2, procedure: 'count' },
        { event: 'call', id: 3, procedure: 'nope' },
        { event: 'join', room: { chat: 1 }, id: 4 },
      ),
    ).toEqual([['call-order'], ['call-count'], [], ['join']]);
    const frames = await client.got(6);
    expect(frames.toSorted()).toEqual([['error'], ['hello'], ['joined'], ['result'], ['result'], ['result']]);
    await app.fetch(
      'POST',
      '/trigger',
      { rooms: [{ chat: 1 }], data: 1 },
      { Authorization: `Bearer ${API_KEY}` },
    );
    expect(await client.got(1)).toEqual([['trigger']]);
    expect(client.send({ event: 'leave', ref: 1 })).toEqual([['leave']]);
    expect(await client.got(1)).toEqual([['left']]);
  });

  it('has the frames of procedures', async () => {
    const client = await heard('/rpc/token/mock_token', 'procedures');
    expect(
      client.send(
        { function_name: 'order', parameters_list: ['T'], parameters: { copies: 1 }, marker: 1 },
        { function_name: 'order', parameters_list: ['T', 99], marker: 2 },
        { function_name: 'nope', marker: 3 },
        { cancel: 4 },
      ),
    ).toEqual([['call-order'], [], [], ['cancel']]);
    expect((await client.got(5)).toSorted()).toEqual([
      ['error'],
      ['error'],
      ['hello'],
      ['result'],
      ['result'],
    ]);
    client.send({ function_name: 'kept', marker: 5 });
    expect(await client.got(3)).toEqual([['result'], ['result'], ['result']]);
    const { call } = client.first as { call: string };
    expect(client.send({ call, marker: 6 }, { cancel_call: call, marker: 7 })).toEqual([
      ['watch'],
      ['cancelCall'],
    ]);
    const frames = await client.got(4);
    expect(frames.toSorted()).toEqual([['error'], ['result'], ['result'], ['result']]);
  });

  it('has the frames of rooms', async () => {
    const client = await heard('/rooms', 'rooms');
    expect(await client.got(1)).toEqual([['welcome']]);
    const subscribe = { type: 'subscribe', room: { chat: 1 }, requestId: 1 };
    expect(client.send(subscribe, 'ping', { type: 'status' })).toEqual([['subscribe'], ['ping'], ['status']]);
    expect((await client.got(3)).toSorted()).toEqual([['figures'], ['pong'], ['success']]);
    await app.fetch(
      'POST',
      '/trigger',
      { rooms: [{ chat: 1 }], data: 1 },
      { Authorization: `Bearer ${API_KEY}` },
    );
    expect(await client.got(1)).toEqual([['publish']]);
    client.send({ type: 'subscribe', room: { other: 1 }, requestId: 1 });
    expect(await client.got(1)).toEqual([['error']]);
  });
});

describe('on the port for operators', () => {
  it('it says where the gateway is', async () => {
    const gateway = await TestGateway.start({ services: { 'a b/~': { requireAuthentication: false } } });
    try {
      const response = await fetch(`${gateway.operatorsUrl}/asyncapi.json`);
      const own = (await response.json()) as AsyncApiDocument;
      expect(faultsOf(own)).toEqual([]);
      expect(own.servers).toEqual({ gateway: { host: `127.0.0.1:${gateway.port}`, protocol: 'ws' } });
      expect(Object.keys(own.channels)).toEqual(['topics']);
    } finally {
      await gateway.stop();
    }
  });
});
