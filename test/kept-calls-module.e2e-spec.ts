import { Injectable } from '@nestjs/common';
import {
  CallbackRequest,
  MayWatch,
  OnCallLost,
  Procedure,
  type ProcedureCall,
  CurrentCall,
  type ResumableOptions,
} from '../src/index.js';
import { TestProcedures } from './support/calls.js';
import { TestClient } from './support/client.js';
import { rejection } from './support/http-callers.js';
import { createApp, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { rpcToken, SECRET, V1 } from './support/rpc.js';
import { eventually } from './support/wait.js';

const AUTH = { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } } as const;

/** What callbacks were asked with. */
const asked: Record<string, unknown>[] = [];

@Injectable()
class Answers {
  @Procedure({ resumable: { ttl: '1m', maxBytes: '64KiB' } })
  async *answer(@CurrentCall() call: ProcedureCall): AsyncGenerator<string> {
    yield 'a';
    await new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(call.signal.reason as Error));
    });
  }

  @Procedure({ resumable: true })
  whole(): string {
    return 'all of it';
  }

  @MayWatch('answer')
  mayWatch(request: CallbackRequest): unknown {
    asked.push(request.fields);
    const { identity } = request.fields as { identity: { user_id: unknown } | null };
    if (identity?.user_id === 'fails') throw new Error('out of order');
    return identity?.user_id === 'truthy' ? 1 : identity?.user_id === 'friend';
  }

  @OnCallLost('answer')
  lost(request: CallbackRequest): void {
    asked.push({ ...request.fields, reason: request.end?.reason });
  }
}

let app: TestApp;
beforeAll(async () => {
  const options = { ...OPTIONS, auth: AUTH, procedures: { kept: { shutdown: '0s' } } };
  app = await TestApp.listen(await createApp(moduleOf({ providers: [Answers] }, options)));
});

async function connect(user: string): Promise<TestClient> {
  const client = await TestClient.connect(app.url, [V1]);
  await client.ask({ event: 'auth', method: 'jwt', token: rpcToken({ user_id: user }) });
  return client;
}

describe('the methods of providers', () => {
  afterAll(() => asked.splice(0));

  it('are procedures whose calls are kept, say who may watch them, and hear of those that are lost', async () => {
    const owner = await connect('owner');
    const { call } = await owner.ask({ event: 'call', id: 1, procedure: 'answer' });
    expect(await owner.next()).toMatchObject({ data: 'a', position: '1' });
    expect(await owner.ask({ event: 'call', id: 2, procedure: 'whole' })).toMatchObject({ position: '0' });
    expect(await owner.next()).toMatchObject({ data: 'all of it', position: '2' });
    const friend = await connect('friend');
    expect(await friend.ask({ event: 'call', id: 1, call })).toMatchObject({ status: 'ok', call });
    expect(await friend.next()).toMatchObject({ data: 'a' });
    for (const user of ['foe', 'truthy', 'fails'])
      expect(await (await connect(user)).ask({ event: 'call', id: 1, call })).toMatchObject({
        code: 'call_not_found',
      });
    // Who may watch it may not end it.
    expect(await friend.ask({ event: 'cancel', id: 2, call })).toMatchObject({ code: 'call_not_found' });
    expect(asked[0]).toEqual({
      procedure: 'answer',
      call,
      owner: { user_id: 'owner' },
      identity: { user_id: 'friend' },
    });
    await app.stop();
    await eventually(() => asked.some(({ reason }) => reason === 'node_lost'));
    expect(asked.at(-1)).toEqual({
      procedure: 'answer',
      call,
      identity: { user_id: 'owner' },
      results: 1,
      reason: 'node_lost',
    });
  });
});

describe('the option resumable', () => {
  async function failure(resumable: ResumableOptions, raw = false): Promise<string> {
    @Injectable()
    class Wrong {
      @Procedure({ resumable, raw })
      run(): void {
        // never called
      }
    }
    return ((await rejection(TestProcedures.start([Wrong]))) as Error).message;
  }

  it.each<[ResumableOptions, string]>([
    [{ ttl: '10' }, 'its resumable.ttl is "10"'],
    [{ ttl: '10ms' }, 'its resumable.ttl is "10ms"'],
    [{ grace: 'x' }, 'its resumable.grace is "x"'],
    [{ maxBytes: '1' }, 'its resumable.maxBytes is "1"'],
    [{ whenAbandoned: 'never' as 'stop' }, 'its resumable.whenAbandoned is "never"'],
  ])('is refused: %j', async (resumable, message) => {
    expect(await failure(resumable)).toContain(`Wrong.run cannot be a procedure: ${message}`);
  });

  it('is not for procedures that write the response themselves', async () => {
    expect(await failure({}, true)).toContain('raw and resumable');
  });
});
