import { inspect } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import { answer, type AppHandler, appsOfTest, type HttpApp } from '../../../test/support/http-app.js';
import { callersOfTest, rejection } from '../../../test/support/http-callers.js';
import { deferred } from '../../../test/support/wait.js';
import { MetricsSettings } from '../../config/sections/operators/metrics.settings.js';
import { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import { NeedInfo } from '../need-info.js';
import { ProcedureCall } from '../procedure-call.js';
import { ProcedureError } from '../procedure-errors.js';
import { ProcedureResult } from '../result.js';
import { RemoteEndpoint } from './endpoint.js';
import { HttpProcedure } from './http.procedure.js';
import { remoteSignature } from './signature.js';

const NDJSON = 'application/x-ndjson';
const SSE = 'text/event-stream';
const MAX_RESULT_BYTES = 1000;

/** Keeps the warnings. */
class Recorder implements LoggerService {
  readonly warnings: string[] = [];
  log(): void {}
  error(): void {}
  warn(message: unknown): void {
    this.warnings.push(String(message));
  }
}

let logged: Recorder;
beforeEach(() => {
  logged = new Recorder();
  Logger.overrideLogger(logged);
});
afterAll(() => Logger.overrideLogger(false));

const startApp = appsOfTest();
const openCaller = callersOfTest();

function procedureOf(app: Pick<HttpApp, 'origin'>, parameters?: string[]): HttpProcedure {
  const settings = {
    ...new RemoteProcedureSettings(),
    url: `${app.origin}/add?key=secret`,
    headers: { 'X-Key': 'k' },
    ...(parameters && { parameters }),
  };
  return new HttpProcedure(
    remoteSignature('add', settings),
    { limits: { concurrency: 0, deadlineMs: 0, endsStreams: false } },
    new RemoteEndpoint(settings, MAX_RESULT_BYTES, openCaller()),
    new Metrics(new MetricsSettings()),
  );
}

/** Calls a procedure that takes anything. */
function call(
  procedure: HttpProcedure,
  given: readonly unknown[] = [new Map()],
  identity?: ReadonlyMap<string, string>,
): Promise<unknown> {
  const origin = { identity: identity as Map<string, JsonText> | undefined, isService: false };
  const request = { positional: [], named: new Map<string, unknown>() };
  return procedure.run(new ProcedureCall('add', request, origin, new AbortController().signal), given);
}

/** The outcome of a call that an app answers so. */
async function answered(handler: AppHandler): Promise<unknown> {
  return call(procedureOf(await startApp(handler)));
}

/** The results of a stream, and the error that ended it. */
async function results(handler: AppHandler): Promise<{ results: unknown[]; error: unknown }> {
  const found: unknown[] = [];
  try {
    for await (const result of (await answered(handler)) as AsyncIterable<unknown>) found.push(result);
  } catch (error) {
    return { results: found, error };
  }
  return { results: found, error: undefined };
}

function streaming(type: string, ...chunks: (string | Buffer)[]): AppHandler {
  return (response) => {
    response.writeHead(200, { 'content-type': type });
    for (const chunk of chunks) response.write(chunk);
    response.end();
  };
}

describe('what the app is asked', () => {
  async function asked(given: readonly unknown[], parameters?: string[], identity?: Map<string, string>) {
    const app = await startApp((response) => answer(response));
    await call(procedureOf(app, parameters), given, identity);
    return app.requests[0]!;
  }

  it('has the parameters of the list by name, without those that were left out', async () => {
    const { method, path, headers, body } = await asked([1, undefined, null], ['a', 'b?', '*c']);
    expect(JSON.parse(body)).toEqual({
      procedure: 'add',
      params: { a: 1, c: null },
      args: [],
      identity: null,
    });
    expect({ method, path }).toEqual({ method: 'POST', path: '/add?key=secret' });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, application/x-ndjson, text/event-stream',
      'x-key': 'k',
    });
  });

  it('has what was given by position as that, where there is no list', async () => {
    const { body } = await asked([new Map([['a', 1]]), 'x', [2]]);
    expect(JSON.parse(body)).toEqual({
      procedure: 'add',
      params: { a: 1 },
      args: ['x', [2]],
      identity: null,
    });
  });

  it('has every digit, and bytes', async () => {
    const { body } = await asked([new Map(), 12345678901234567890n, { b: Buffer.from('hi') }]);
    expect(body).toContain('"args":[12345678901234567890,{"b":{"__base64__":"aGk="}}]');
  });

  it('has the fields of the identity as they came', async () => {
    const identity = new Map([
      ['user_id', '12345678901234567890'],
      ['score', '1.0'],
    ]);
    const { body } = await asked([new Map()], undefined, identity);
    expect(body).toContain('"identity":{"user_id":12345678901234567890,"score":1.0}');
  });
});

describe('one result', () => {
  it.each<[string, unknown]>([
    ['{"a": 12345678901234567890}', { a: 12345678901234567890n }],
    ['{"__base64__": "aGk="}', Buffer.from('hi')],
    ['false', false],
    ['"text"', 'text'],
    ['{"error": "no"}', { error: 'no' }],
    ['null', new ProcedureResult(null)],
    ['', null],
  ])('is the JSON %j', async (text, value) => {
    await expect(answered((response) => answer(response, text, { status: 201 }))).resolves.toEqual(value);
  });

  it('is null when there is no content', async () => {
    await expect(answered((response) => response.writeHead(204).end())).resolves.toBeNull();
    await expect(answered((response) => response.end())).resolves.toBeNull();
  });

  it.each(['{"a": ', Buffer.from([0x22, 0xff, 0x22])])('is not %j', async (text) => {
    const error = await rejection(answered((response) => answer(response, text)));
    expect(error).toBeInstanceOf(CallbackAnswerError);
    expect(logged.warnings).toEqual([expect.stringMatching(/^POST .*\/add\?…: the answer is not /)]);
    expect(error).toHaveProperty('message', logged.warnings[0]);
  });

  it('is not of another content type', async () => {
    const error = await rejection(answered(streaming('text/html', '<h1>Hello</h1>')));
    expect(error).toBeInstanceOf(CallbackError);
    expect(logged.warnings).toEqual([
      expect.stringMatching(/^POST .*\/add\?…: the content type of the answer/),
    ]);
  });

  it('may be as large as the limit, but not larger', async () => {
    const text = JSON.stringify('x'.repeat(MAX_RESULT_BYTES - 2));
    await expect(answered((response) => answer(response, text))).resolves.toHaveLength(MAX_RESULT_BYTES - 2);
    await expect(answered((response) => answer(response, ` ${text}`))).rejects.toMatchObject({
      code: 'result_too_large',
    });
  });

  it('is not what breaks off', async () => {
    const error = await rejection(
      answered((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10 });
        response.write('123', () => response.destroy());
      }),
    );
    expect(error).toBeInstanceOf(CallbackError);
    expect(logged.warnings).toEqual([expect.stringContaining('the answer broke off: ')]);
  });
});

describe('a refusal', () => {
  it.each([
    [400, '{"error": "No."}', 'No.'],
    [500, '{"error": {"code": 12345678901234567890}}', { code: 12345678901234567890n }],
    [403, '{"error": "/add"}', '/add'],
    [403, 'no', 'Forbidden.'],
    [401, 'no', 'Unauthorized.'],
    [423, '{"error": "Locked", "needed_vars": "all"}', 'Locked'],
  ])('with status %d and %j is told', async (status, text, told) => {
    const error = await rejection(answered((response) => answer(response, text, { status })));
    expect(error).toBeInstanceOf(ProcedureError);
    expect(error).not.toBeInstanceOf(NeedInfo);
    expect(error).toMatchObject({ error: told, status });
    expect(logged.warnings).toEqual([]);
  });

  it('can say what else has to be known', async () => {
    const needed_vars = [{ name: 'pin', type: 'password', default: null, comment: 'Your PIN' }];
    const text = JSON.stringify({ error: 'Locked', resource: 'vault', needed_vars });
    const error = await rejection(answered((response) => answer(response, text, { status: 423 })));
    expect(error).toBeInstanceOf(NeedInfo);
    expect(error).toMatchObject({
      status: 423,
      error: 'Locked',
      resource: 'vault',
      neededVariables: needed_vars,
    });
  });

  it.each([
    [500, '{"message": "Oops"}'],
    [404, '["error"]'],
    [502, '{"error": null}'],
    [500, `{"error": "${'x'.repeat(MAX_RESULT_BYTES)}"}`],
    [302, '{"error": "elsewhere"}'],
  ])('is none when status %d comes with %.30j, which is logged once', async (status, text) => {
    const error = await rejection(answered((response) => answer(response, text, { status })));
    expect(error).toBeInstanceOf(CallbackError);
    expect(logged.warnings).toEqual([expect.stringMatching(new RegExp(`/add\\?…: status ${status}$`))]);
    expect(inspect(error)).not.toContain('secret');
  });

  it('is none when it is not labelled JSON', async () => {
    const error = await rejection(
      answered((response) =>
        answer(response, '{"error": "no"}', { status: 500, headers: { 'content-type': 'text/plain' } }),
      ),
    );
    expect(error).toBeInstanceOf(CallbackError);
  });
});

describe('a stream of lines', () => {
  it.each([NDJSON, 'application/jsonl', 'Application/X-NDJSON; charset=utf-8'])(
    'of type %s has a value in each line',
    async (type) => {
      const text = '{"a": 1}\r\n\n  \n{"error": "no"}\nnull\n12345678901234567890\n"é"';
      await expect(results(streaming(type, text))).resolves.toEqual({
        results: [{ a: 1 }, { error: 'no' }, null, 12345678901234567890n, 'é'],
        error: undefined,
      });
    },
  );

  it('may be of records that begin with a separator', async () => {
    await expect(results(streaming('application/json-seq', '\x1e{"a": 1}\n\x1e2\n'))).resolves.toEqual({
      results: [{ a: 1 }, 2],
      error: undefined,
    });
  });

  it('is the same wherever it is cut', async () => {
    const bytes = [...Buffer.from('"é"\n[1, 2]\n')].map((byte) => Buffer.from([byte]));
    await expect(results(streaming(NDJSON, ...bytes))).resolves.toMatchObject({ results: ['é', [1, 2]] });
  });

  it('may be empty', async () => {
    await expect(results(streaming(NDJSON))).resolves.toEqual({ results: [], error: undefined });
  });

  it('ends its request at once when it is given up, even if no result was asked for', async () => {
    const ended = deferred();
    const stream = (await answered((response) => {
      response.on('close', ended.resolve);
      response.writeHead(200, { 'content-type': NDJSON }).flushHeaders();
    })) as AsyncGenerator;
    await expect(stream.return(undefined)).resolves.toEqual({ done: true, value: undefined });
    await ended.promise;
  });

  it('ends with an error where a line is not JSON', async () => {
    const { results: found, error } = await results(streaming(NDJSON, '1\n2 3\n4\n'));
    expect(found).toEqual([1]);
    expect(error).toBeInstanceOf(CallbackAnswerError);
  });

  it('ends with an error where a line is too large, before that is there', async () => {
    const { results: found, error } = await results((response) => {
      response.writeHead(200, { 'content-type': NDJSON });
      response.write(`1\n"${'x'.repeat(MAX_RESULT_BYTES)}`); // and no more
    });
    expect(found).toEqual([1]);
    expect(error).toMatchObject({ code: 'result_too_large' });
  });

  it('ends with an error when it breaks off', async () => {
    const { results: found, error } = await results((response) => {
      response.writeHead(200, { 'content-type': NDJSON });
      response.write('1\n2\n', () => response.destroy());
    });
    expect(found).toEqual([1, 2]);
    expect(error).toBeInstanceOf(CallbackError);
    expect(logged.warnings).toEqual([expect.stringMatching(/^POST .*\/add\?…: the answer broke off: /)]);
  });

  it('ends with an error when its connection ends in the middle of a line, where nothing else says where it ends', async () => {
    const handler =
      (text: string): AppHandler =>
      (response) => {
        response.socket!.end(`HTTP/1.0 200 OK\r\nContent-Type: ${NDJSON}\r\n\r\n${text}`);
      };
    await expect(results(handler('1\n2\n'))).resolves.toEqual({ results: [1, 2], error: undefined });
    const { results: found, error } = await results(handler('1\n12'));
    expect(found).toEqual([1]);
    expect(error).toBeInstanceOf(CallbackError);
    expect(logged.warnings).toEqual([expect.stringContaining('in the middle of a line')]);
  });
});

describe('a stream of events', () => {
  it('has the data of each', async () => {
    const text =
      ': hello\n\nevent: tick\nid: 1\ndata: {"a": 12345678901234567890}\n\ndata: one\ndata: two\n\n' +
      'retry: 10\n\ndata:\n\ndata: {"error": "no"}\r\n\r\n';
    await expect(results(streaming(SSE, text))).resolves.toEqual({
      results: [{ a: 12345678901234567890n }, 'one\ntwo', '', { error: 'no' }],
      error: undefined,
    });
  });

  it('is the same wherever it is cut', async () => {
    const text = '\ufeffdata: "é"\r\n\r\ndata: 2\r\rdata: 3\n\n';
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    await expect(results(streaming(SSE, ...bytes))).resolves.toEqual({
      results: ['é', 2, 3],
      error: undefined,
    });
    await expect(results(streaming(SSE, 'data: 1\r\r'))).resolves.toEqual({ results: [1], error: undefined });
  });

  it.each([
    ['{"error": "No."}', 'No.'],
    ['"No."', 'No.'],
    ['no more', 'no more'],
    ['{"code": 1}', { code: 1 }],
  ])('ends with an event named error: %j', async (data, told) => {
    const { results: found, error } = await results((response) => {
      response.writeHead(200, { 'content-type': SSE });
      response.write(`data: 1\n\nevent: error\ndata: ${data}\n\n`); // and goes on
    });
    expect(found).toEqual([1]);
    expect(error).toBeInstanceOf(ProcedureError);
    expect(error).toMatchObject({ error: told, status: 500 });
  });

  it.each([['data: 2\n'], ['data: 2'], ['da'], ['event: x\ndata: 2\n']])(
    'ends with an error when the last is not complete: %j',
    async (rest) => {
      const { results: found, error } = await results(streaming(SSE, `data: 1\n\n${rest}`));
      expect(found).toEqual([1]);
      expect(error).toBeInstanceOf(CallbackError);
      expect(logged.warnings).toEqual([expect.stringContaining('in the middle of an event')]);
    },
  );

  it('ends with an error when it breaks off', async () => {
    const { results: found, error } = await results((response) => {
      response.writeHead(200, { 'content-type': SSE });
      response.write('data: 1\n\n', () => response.destroy());
    });
    expect(found).toEqual([1]);
    expect(error).toBeInstanceOf(CallbackError);
  });

  it.each([
    ['a line', `data: ${'x'.repeat(MAX_RESULT_BYTES + 1)}`],
    ['lines', 'data: 12345678\n'.repeat(MAX_RESULT_BYTES / 8)],
    ['an event', `data: ${'é'.repeat(MAX_RESULT_BYTES / 2 + 1)}\n\n`],
    ['a comment', `:${'x'.repeat(MAX_RESULT_BYTES + 1)}`],
  ])('ends with an error where %s is too large', async (_, text) => {
    const { results: found, error } = await results((response) => {
      response.writeHead(200, { 'content-type': SSE });
      response.write(`data: 1\n\n${text}`); // and no more
    });
    expect(found).toEqual([1]);
    expect(error).toMatchObject({ code: 'result_too_large' });
  });

  it('ends with an error where it is not UTF-8', async () => {
    const { error } = await results(streaming(SSE, 'data: 1\n\n', Buffer.from([0x64, 0xff])));
    expect(error).toBeInstanceOf(CallbackAnswerError);
  });
});
