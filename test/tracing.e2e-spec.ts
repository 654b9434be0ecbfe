import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { Kittiwake } from '../src/kittiwake.js';
import { StubApp, type Asked } from './support/stub-app.js';
import { TestGateway } from './support/gateway.js';
import { TestClient } from './support/client.js';
import { rpcToken, SECRET } from './support/rpc.js';
import { stageOfFile } from './support/topics.js';
import { eventually } from './support/wait.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const HEADERS = { traceparent: `00-${TRACE}-${PARENT}-01` };

const exporter = new InMemorySpanExporter();

function options(app: string) {
  return {
    callbacks: { wait: '10ms' },
    auth: { jwt: { algorithms: ['HS256' as const], secret: SECRET, fields: { user_id: 'user_id' } } },
    services: { books: { requireAuthentication: false, authorizer: `${app}/authorizer?key=secret` } },
    rooms: { api: { url: `${app}/` } },
    procedures: { remote: { add: { url: `${app}/add`, public: true } } },
  };
}

describe('traces', () => {
  beforeAll(() => {
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
  });
  const stage = stageOfFile(options);
  afterEach(() => exporter.reset());
  afterAll(() => {
    for (const part of [trace, context, propagation]) part.disable();
  });

  /** The spans of a name, once there are so many. */
  const spans = (name: string, count = 1): Promise<ReadableSpan[]> =>
    eventually(
      () => {
        const found = exporter.getFinishedSpans().filter((span) => span.name === name);
        return found.length >= count && found;
      },
      { what: `${count} spans ${name}` },
    );
  const parentOf = (span: ReadableSpan | undefined): unknown => [
    span?.spanContext().traceId,
    span?.parentSpanContext?.spanId,
  ];
  const traceparentOf = (span: ReadableSpan): string =>
    `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`;
  const traceparentTo = ({ headers }: Asked): unknown => headers['traceparent'];

  it.each([
    ['one', '/publish', { subscription: 'books.1', data: 1 }, 1],
    ['each of a list', '/publish', [1, 2].map((data) => ({ subscription: 'books.1', data })), 2],
    ['one that the framework takes', '/publish/', { subscription: 'books.1', data: 1 }, 1],
  ])('go on with that of the publisher: %s', async (_, path, body, count) => {
    expect((await stage.gateway.push(path, body, HEADERS)).status).toBe(200);
    const found = await spans('publish books.{topic}', count);
    expect(found.map(parentOf)).toEqual(Array(count).fill([TRACE, PARENT]));
    expect(found[0]).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'kittiwake',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'books.1',
        'messaging.destination.template': 'books.{topic}',
      },
    });
  });

  it('go on with that of who triggers', async () => {
    await stage.gateway.push('/trigger', { rooms: [{ a: 1 }], data: 1 }, HEADERS);
    const [span] = await spans('publish rooms');
    expect([parentOf(span), span?.attributes['kittiwake.rooms']]).toEqual([[TRACE, PARENT], 1]);
  });

  it('go on with what is at work in the process', async () => {
    await trace.getTracer('app').startActiveSpan('app', async (own) => {
      await stage.gateway.app.get(Kittiwake).publish('books.1', 1);
      own.end();
      const [span] = await spans('publish books.{topic}');
      expect(parentOf(span)).toEqual([own.spanContext().traceId, own.spanContext().spanId]);
    });
  });

  it('have each try of a callback, of which the app is told', async () => {
    stage.app.answer('/authorizer?key=secret', { status: 503 });
    await stage.subscriber('books.1');
    const found = await spans('POST /authorizer', 2);
    const asked = await stage.app.requests('/authorizer?key=secret', 2);
    expect(asked.map(traceparentTo)).toEqual(found.map(traceparentOf));
    const { hostname, port } = new URL(stage.app.url);
    const common = {
      'http.request.method': 'POST',
      'url.full': `${stage.app.url}/authorizer?…`,
      'url.template': '/authorizer',
      'server.address': hostname,
      'server.port': Number(port),
      'kittiwake.service': 'books',
    };
    expect(found.map(({ kind, attributes }) => [kind, attributes])).toEqual([
      [SpanKind.CLIENT, { ...common, 'http.response.status_code': 503, 'error.type': '503' }],
      [SpanKind.CLIENT, { ...common, 'http.response.status_code': 200, 'http.request.resend_count': 1 }],
    ]);
  });

  it('have a call with what it asks the app, and go on with that of the caller', async () => {
    const response = await fetch(`${stage.gateway.httpUrl}/rpc/add`, { method: 'POST', headers: HEADERS });
    expect(response.status).toBe(200);
    const [[call], [request]] = await Promise.all([spans('kittiwake/add'), spans('POST /add')]);
    expect(parentOf(call)).toEqual([TRACE, PARENT]);
    expect(parentOf(request)).toEqual([TRACE, call!.spanContext().spanId]);
    expect((await stage.app.requests('/add')).map(traceparentTo)).toEqual([traceparentOf(request!)]);
    expect(call).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: { 'rpc.system': 'kittiwake', 'rpc.method': 'add' },
    });
  });

  it.each([
    ['/ws', { event: 'call', id: 1, procedure: 'add', params: {} }, PARENT],
    ['/rpc', { function_name: 'add', parameters_list: [], marker: 1 }, PARENT],
    ['/ws, of no form', { event: 'call', id: 1, procedure: 'add', traceparent: 7 }, undefined],
  ])('go on with that of a client that calls over WebSocket: %s', async (path, frame, parent) => {
    const isRpc = path === '/rpc';
    const token = isRpc ? `/token/${rpcToken()}` : '';
    const url = stage.gateway.url.replace('/ws', (isRpc ? path : '/ws') + token);
    const client = await TestClient.connect(url, ['kittiwake.v1.json']);
    await client.ask({ ...HEADERS, ...frame });
    client.drop();
    const [call] = await spans('kittiwake/add');
    expect(call!.parentSpanContext?.spanId).toBe(parent);
  });
  it('say that a call has failed, and nothing of what was said', async () => {
    stage.app.answer('/add', { status: 500, body: { error: 'the secret of the app' } });
    await fetch(`${stage.gateway.httpUrl}/rpc/add`, { method: 'POST' });
    const [call] = await spans('kittiwake/add');
    expect(call!.attributes['error.type']).toBe('error');
    const { attributes, events, status } = call!;
    expect(JSON.stringify([attributes, events, status])).not.toContain('secret');
  });
});

describe('without an SDK', () => {
  it('there is no trace: the app gets no header, and publishers are not listened to', async () => {
    const app = await StubApp.start();
    const gateway = await TestGateway.start(options(app.url));
    try {
      const client = await TestClient.connect(gateway.url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      await gateway.publish({ subscription: 'books.1', data: 1 }, HEADERS);
      expect(await client.next()).toMatchObject({ data: 1 });
      expect(app.asked.map(({ headers }) => headers['traceparent'])).toEqual([undefined]);
      expect(exporter.getFinishedSpans()).toEqual([]);
    } finally {
      await gateway.stop();
      await app.stop();
    }
  });
});
